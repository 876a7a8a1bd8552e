#include "client/shell_names.hpp"

#include <algorithm>

namespace reduce {
namespace {

/// Reserved words and builtins: bash(1) 5.2, `compgen -bk`.
constexpr std::string_view kBash[] = {
    ".",       ":",      "alias",   "bg",       "bind",     "break",     "builtin",  "caller",
    "case",    "cd",     "command", "compgen",  "complete", "compopt",   "continue", "coproc",
    "declare", "dirs",   "disown",  "do",       "done",     "echo",      "elif",     "else",
    "enable",  "esac",   "eval",    "exec",     "exit",     "export",    "false",    "fc",
    "fg",      "fi",     "for",     "function", "getopts",  "hash",      "help",     "history",
    "if",      "in",     "jobs",    "kill",     "let",      "local",     "logout",   "mapfile",
    "popd",    "printf", "pushd",   "pwd",      "read",     "readarray", "readonly", "return",
    "select",  "set",    "shift",   "shopt",    "source",   "suspend",   "test",     "then",
    "time",    "times",  "trap",    "true",     "type",     "typeset",   "ulimit",   "umask",
    "unalias", "unset",  "until",   "wait",     "while"};

/// zshmisc(1) on reserved words and zshbuiltins(1), 5.9.
constexpr std::string_view kZsh[] = {"-",
                                     ".",
                                     ":",
                                     "alias",
                                     "autoload",
                                     "bg",
                                     "bindkey",
                                     "break",
                                     "builtin",
                                     "bye",
                                     "case",
                                     "cd",
                                     "chdir",
                                     "command",
                                     "compadd",
                                     "comparguments",
                                     "compcall",
                                     "compctl",
                                     "compdescribe",
                                     "compfiles",
                                     "compgroups",
                                     "compquote",
                                     "compset",
                                     "comptags",
                                     "comptry",
                                     "compvalues",
                                     "continue",
                                     "coproc",
                                     "declare",
                                     "dirs",
                                     "disable",
                                     "disown",
                                     "do",
                                     "done",
                                     "echo",
                                     "echotc",
                                     "echoti",
                                     "elif",
                                     "else",
                                     "emulate",
                                     "enable",
                                     "end",
                                     "esac",
                                     "eval",
                                     "exec",
                                     "exit",
                                     "export",
                                     "false",
                                     "fc",
                                     "fg",
                                     "fi",
                                     "float",
                                     "for",
                                     "foreach",
                                     "function",
                                     "functions",
                                     "getln",
                                     "getopts",
                                     "hash",
                                     "history",
                                     "if",
                                     "integer",
                                     "jobs",
                                     "kill",
                                     "let",
                                     "limit",
                                     "local",
                                     "log",
                                     "logout",
                                     "nocorrect",
                                     "noglob",
                                     "popd",
                                     "print",
                                     "printf",
                                     "private",
                                     "pushd",
                                     "pushln",
                                     "pwd",
                                     "r",
                                     "read",
                                     "readonly",
                                     "rehash",
                                     "repeat",
                                     "return",
                                     "sched",
                                     "select",
                                     "set",
                                     "setopt",
                                     "shift",
                                     "source",
                                     "suspend",
                                     "test",
                                     "then",
                                     "time",
                                     "times",
                                     "trap",
                                     "true",
                                     "ttyctl",
                                     "type",
                                     "typeset",
                                     "ulimit",
                                     "umask",
                                     "unalias",
                                     "unfunction",
                                     "unhash",
                                     "unlimit",
                                     "unset",
                                     "unsetopt",
                                     "until",
                                     "vared",
                                     "wait",
                                     "whence",
                                     "where",
                                     "which",
                                     "while",
                                     "zcompile",
                                     "zformat",
                                     "zle",
                                     "zmodload",
                                     "zparseopts",
                                     "zprof",
                                     "zpty",
                                     "zregexparse",
                                     "zsocket",
                                     "zstat",
                                     "zstyle",
                                     "ztcp"};

/// fish(1) 3.6, `builtin --names`.
constexpr std::string_view kFish[] = {
    ".",       ":",           "abbr",     "and",        "argparse",  "begin",     "bg",
    "bind",    "block",       "break",    "breakpoint", "builtin",   "case",      "cd",
    "command", "commandline", "complete", "contains",   "continue",  "count",     "disown",
    "echo",    "else",        "emit",     "end",        "eval",      "exec",      "exit",
    "false",   "fg",          "for",      "function",   "functions", "history",   "if",
    "jobs",    "math",        "not",      "or",         "path",      "printf",    "pwd",
    "random",  "read",        "realpath", "return",     "set",       "set_color", "source",
    "status",  "string",      "switch",   "test",       "time",      "true",      "type",
    "ulimit",  "wait",        "while"};

/// Functions of these names are called by the shell itself.
constexpr std::string_view kBashHooks[] = {"command_not_found_handle"};
constexpr std::string_view kZshHooks[] = {
    "chpwd",   "command_not_found_handler", "periodic",      "precmd",
    "preexec", "zsh_directory_name",        "zshaddhistory", "zshexit"};

template <std::size_t count>
bool is_in(const std::string_view (&names)[count], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_word_of(Shell shell, std::string_view name) {
  switch (shell) {
    case Shell::bash:
      return is_in(kBash, name);
    case Shell::zsh:
      return is_in(kZsh, name);
    case Shell::fish:
      break;
  }
  return is_in(kFish, name);
}

bool is_hook_of(Shell shell, std::string_view name) {
  switch (shell) {
    case Shell::bash:
      return is_in(kBashHooks, name);
    case Shell::zsh:
      return is_in(kZshHooks, name) || name.starts_with("TRAP");
    case Shell::fish:
      break;
  }
  return name.starts_with("fish_");
}

const char* name_of(Shell shell) {
  switch (shell) {
    case Shell::bash:
      return "bash";
    case Shell::zsh:
      return "zsh";
    case Shell::fish:
      break;
  }
  return "fish";
}

}  // namespace

std::optional<Shell> shell_of(std::string_view name) {
  for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
    if (name == name_of(shell)) return shell;
  }
  return std::nullopt;
}

std::optional<std::string> meaning_in(Shell shell, std::string_view name) {
  if (is_word_of(shell, name)) return std::string("a word of ") + name_of(shell) + "'s own";
  if (is_hook_of(shell, name)) return std::string("a function that ") + name_of(shell) + " calls";
  return std::nullopt;
}

}  // namespace reduce
