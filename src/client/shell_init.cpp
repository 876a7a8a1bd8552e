#include "client/shell_init.hpp"

#include "base/exit_status.hpp"
#include "client/print.hpp"
#include "client/say.hpp"

namespace reduce {
namespace {

/// For bash and zsh. After the word `function` no alias of the program's name is expanded; a
/// backslash and quotes keep aliases away elsewhere. `is_there` tells whether reduce-run is.
std::string posix_function(const SharedProgram& program, const std::string& name,
                           const std::string& is_there) {
  const std::string condition = posix_condition(program);
  const std::string call = posix_quoted(program.name) + " \"$@\"\n";
  return "function " + name + " {\n  if " +
         (condition.empty() ? "" : "{ " + condition + "; } && ") + is_there +
         " >/dev/null; then\n    \\command reduce-run " + call + "  else\n    \\command " + call +
         "  fi\n}\n";
}

/// In single quotes only these two mean something, fish-doc(1).
std::string fish_quoted(const std::string& word) {
  std::string text = "'";
  for (const char byte : word) {
    if (byte == '\'' || byte == '\\') text += '\\';
    text += byte;
  }
  return text + "'";
}

std::string fish_condition(const std::vector<std::string>& beginning) {
  std::string text = "set -q argv[" + std::to_string(beginning.size()) + "]";
  for (std::size_t n = 0; n < beginning.size(); ++n) {
    text +=
        "; and contains -- \"$argv[" + std::to_string(n + 1) + "]\" " + fish_quoted(beginning[n]);
  }
  return "begin; " + text + "; end";
}

std::string fish_function(const SharedProgram& program) {
  std::string condition;
  for (const auto& beginning : program.beginnings) {
    condition += (condition.empty() ? "begin; " : "; or ") + fish_condition(beginning);
  }
  if (!condition.empty()) condition += "; end; and ";
  return "function " + program.name + "\n    if " + condition +
         "command -q reduce-run\n        command reduce-run " + program.name +
         " $argv\n    else\n        command " + program.name + " $argv\n    end\nend\n";
}

std::string function_of(Shell shell, const SharedProgram& program) {
  switch (shell) {
    case Shell::bash:
      // What bash has found once it takes for granted, there or not.
      return posix_function(program, program.name,
                            "{ \\hash -d reduce-run 2>/dev/null; \\type -P reduce-run; }");
    case Shell::zsh:
      // Quotes keep its global aliases away.
      return posix_function(program, posix_quoted(program.name), "\\whence -p reduce-run");
    case Shell::fish:
      break;
  }
  return fish_function(program);
}

int refuse(const std::string& why) {
  say("--shell-init: " + why + " (see reduce-run --help)");
  return kExitOwnFailure;
}

}  // namespace

Result<std::string> shell_functions(Shell shell, const std::vector<SharedProgram>& programs) {
  std::string text;
  for (const SharedProgram& program : programs) {
    if (const auto meaning = meaning_in(shell, program.name)) {
      return make_error("'" + program.name + "' is " + *meaning);
    }
    text += function_of(shell, program);
  }
  return text;
}

int print_shell_functions(const std::string& shell, const std::vector<std::string>& commands) {
  const auto known = shell_of(shell);
  if (!known) return refuse("'" + shell + "' is none of bash, zsh and fish");
  const auto programs = shared_programs(commands);
  if (!programs) return refuse(programs.error().text);
  const auto text = shell_functions(*known, *programs);
  return text ? print(*text) : refuse(text.error().text);
}

}  // namespace reduce
