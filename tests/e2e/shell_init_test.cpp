// Functions for shells, tried in the shells themselves.

#include <fcntl.h>
#include <unistd.h>

#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/shells.hpp"

using namespace e2e;

namespace {

/// How a shell writes what the tests need.
struct Dialect {
  std::string shell;
  std::string arguments = "\"$@\"";
  std::string status = "$?";
  /// Evaluates the functions for these command lines.
  std::string init(const std::string& lines) const {
    const std::string call = "reduce-run --shell-init " + shell + " " + lines;
    return shell == "fish" ? call + " | source\n" : "eval \"$(" + call + ")\"\n";
  }
};

/// Nothing where the shell is not there.
std::optional<Dialect> dialect(const std::string& shell) {
  if (installed_shell(shell).empty()) return std::nullopt;
  Dialect made{shell};
  if (shell == "fish") made = {shell, "$argv", "$status"};
  return made;
}

/// A sandbox with reduce-run and the puppet, called `tool`, in PATH.
class World {
 public:
  World() : folder_(make_programs(box, "bin", {"tool"})) { add_reduce_run(box, "bin"); }

  Spawn spawn(const Dialect& in, const std::string& text, const Words& arguments = {}) const {
    Spawn spawn = script(box, in.shell, text, arguments);
    spawn.set("PATH", folder_ + ":/usr/bin:/bin");
    return spawn;
  }
  Result run(const Dialect& in, const std::string& text, const Words& arguments = {}) const {
    return Started(spawn(in, text, arguments)).finish();
  }

  Sandbox box;

 private:
  std::string folder_;
};

/// What `tool print-env REDUCE_CHAIN` prints where nobody is between.
constexpr const char* kDirect = "(unset)\n";
constexpr const char* kProbe = "tool print-env REDUCE_CHAIN\n";

Words zero_separated(const std::string& text) {
  Words words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

Words lines(const std::string& text) {
  Words all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE("Calls of a shell function share one run, and each gets its arguments' bytes") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  const Words odd = {"",      " ",           "a b",      "it's \"quoted\"", "$HOME `x` \\", "*",
                     "-n",    "new\nline\n", "\xff\xfe", "caf\xc3\xa9",     "--",           "!",
                     "{a,b}", "~",           ""};
  const Words arguments =
      with({"log", world.box.path("runs"), "wait-for", world.box.path("gate"), "print-args"}, odd);
  const Spawn spawn = world.spawn(*in, in->init("tool") + "tool " + in->arguments, arguments);
  Started first(spawn);
  Started second(spawn);
  world.box.await_callers(2);
  world.box.touch("gate");
  const Result one = first.finish(), other = second.finish();
  CHECK(one == other);
  CHECK(one.code == 0);
  CHECK(zero_separated(one.out) == odd);
  CHECK(world.box.executions() == 1);
}

TEST_CASE("A shell function ends as its program does, and leaves the program's own name direct") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  const std::string text = in->init("tool") + "tool err warning out text exit 7\necho ' '" +
                           in->status + "\ntool\necho " + in->status +
                           "\ncommand tool print-env REDUCE_CHAIN\n";
  CHECK(world.run(*in, text) == exited(0, std::string("text 7\n0\n") + kDirect, "warning"));
  CHECK(world.box.stats().at("total") == 2);
  const Result killed = world.run(*in, in->init("tool") + "tool kill KILL\necho " + in->status);
  CHECK(killed.out == "137\n");
}

TEST_CASE("A function's stdin and output are the shell's own") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  world.box.write("input", "content\n");
  const std::string text = in->init("tool") + "tool print-stdin <input\ntool out piped | cat\n";
  CHECK(world.run(*in, text) == exited(0, "content\npiped"));
}

TEST_CASE("Of a command of several words only calls that begin with them are shared") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  const std::string init = in->init("'tool out a' 'tool  print-env' cat");
  CHECK(world.run(*in, init + "tool out a; tool out a out b\n") == exited(0, "aab"));
  CHECK(world.box.stats().at("total") == 2);
  CHECK(world.run(*in, init + "tool out ab; tool out; tool err a out a; tool\n").out == "aba");
  CHECK(world.box.stats().at("total") == 2);
  CHECK(world.run(*in, init + kProbe).out != kDirect);
  CHECK(world.box.stats().at("total") == 3);
}

TEST_CASE("Words of a command are met literally, whatever they hold") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  const Words words = {"*", "!", "(", ";touch", "pwned", "#", "{", "\xff", "~", "&&", ">pwned"};
  std::string line = "tool print-args";
  for (const std::string& word : words) line += " " + word;
  const Result text = world.box.run({"--shell-init", in->shell, line});
  REQUIRE(text.code == 0);
  world.box.write("init", text.out);
  const std::string call = ". ./init\ntool print-args " + in->arguments + "\n";
  const std::string source = in->shell == "fish" ? "source ./init\n" + call.substr(9) : call;
  const Result exact = world.run(*in, source, words);
  CHECK(zero_separated(exact.out) == words);
  CHECK(exact.err.empty());
  CHECK(world.box.stats().at("total") == 1);
  for (std::size_t n = 0; n < words.size(); ++n) {
    Words other = words;
    other[n] += "x";
    CHECK(zero_separated(world.run(*in, source, other).out) == other);
  }
  CHECK(world.box.stats().at("total") == 1);
  CHECK_FALSE(world.box.exists("pwned"));
}

TEST_CASE("Functions work under strict settings of a shell") {
  const char* shell = GENERATE("bash", "zsh");
  const auto in = dialect(shell);
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  const std::string strict = "set -euo pipefail\nset -fC\nIFS=' e0123'\n";
  const std::string init = strict + in->init("tool 'cat x'");
  CHECK(world.run(*in, init + "tool; tool out x || true; tool exit 1 || echo caught\n") ==
        exited(0, "xcaught\n"));
  CHECK(world.run(*in, init + "tool exit 3; echo reached\n") == exited(3));
  CHECK(world.run(*in, init + "cat /dev/null; if tool exit 1; then echo yes; fi; echo done\n") ==
        exited(0, "done\n"));
}

TEST_CASE("Functions work whatever options a zsh has set") {
  const auto in = dialect("zsh");
  if (!in) return;
  World world;
  const std::string option =
      GENERATE("ksh_arrays", "sh_word_split", "no_unset", "err_return", "glob_subst", "rc_quotes",
               "ignore_braces", "ignore_close_braces", "posix_builtins", "posix_aliases",
               "csh_junkie_quotes", "csh_junkie_loops", "alias_func_def", "no_multi_func_def",
               "extended_glob", "null_glob", "csh_null_glob", "no_bare_glob_qual", "sh_glob",
               "ksh_glob", "posix_identifiers", "no_hash_cmds", "no_multios", "no_equals",
               "rc_expand_param", "no_function_argzero");
  CAPTURE(option);
  const std::string text = "setopt " + option + "\n" + in->init("'tool out it' tool-2.x") +
                           "tool out it out ' a  b'\ntool out direct\n";
  CHECK(world.run(*in, text) == exited(0, "it a  bdirect"));
  CHECK(world.box.stats().at("total") == 1);
}

TEST_CASE("Functions work in a bash that ignores case, and in its posix mode") {
  const auto in = dialect("bash");
  if (!in) return;
  World world;
  const std::string option = GENERATE("shopt -s nocasematch extglob nullglob", "set -o posix",
                                      "shopt -s failglob", "set +h");
  const std::string text = option + "\n" + in->init("'tool out a'") + "tool out a\ntool out A\n";
  CHECK(world.run(*in, text) == exited(0, "aA"));
  CHECK(world.box.stats().at("total") == 1);
}

TEST_CASE("An alias of the program's name does not break its function") {
  const char* shell = GENERATE("bash", "zsh");
  const auto in = dialect(shell);
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  const std::string allow = in->shell == "bash" ? "shopt -s expand_aliases\n" : "";
  const std::string global =
      in->shell == "zsh" ? "alias -g tool='tool | false'\n" : "alias command='false '\n";
  for (const std::string& alias :
       {std::string("alias tool='tool out aliased'\n"), std::string("alias tool='; false ('\n"),
        std::string("alias tool='echo'\n"), global}) {
    CAPTURE(alias);
    const std::string text =
        allow + alias + in->init("'tool'") + "unalias -a\neval 'tool out hi'\n";
    CHECK(world.run(*in, text) == exited(0, "hi"));
  }
  const std::string used =
      allow + "alias tool='tool out aliased'\n" + in->init("'tool'") + "eval 'tool out hi'\n";
  CHECK(world.run(*in, used) == exited(0, "aliasedhi"));
}

TEST_CASE("A function leaves no variable behind") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  std::string list = "compgen -v";
  if (in->shell == "zsh") list = "typeset +";
  if (in->shell == "fish") list = "set --names";
  // What the shell itself sets is there before.
  const std::string before = "true | true\nfalse\n" + list + " >before\n";
  const std::string text = before + in->init("'tool out a' 'tool err'") +
                           "tool out a; tool out b\nfalse\n" + list + " >after\n";
  CHECK(world.run(*in, text).out == "ab");
  CHECK(world.box.read("before") == world.box.read("after"));
  CHECK_FALSE(world.box.read("after").empty());
}

TEST_CASE("Without reduce-run a function runs the program itself, also where it was there before") {
  if (!can_be_gone()) return;
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  CAPTURE(in->shell);
  World world;
  const std::string text =
      in->init("tool") + kProbe + "rm bin/reduce-run\n" + kProbe + "tool exit 6\n";
  const Result result = world.run(*in, text);
  CHECK(result.code == 6);
  CHECK(result.err.empty());
  REQUIRE(lines(result.out).size() == 2);
  CHECK(lines(result.out).at(0) + "\n" != kDirect);
  CHECK(lines(result.out).at(1) + "\n" == kDirect);
}

TEST_CASE("Functions and shims of one program work together") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  World world;
  REQUIRE(world.box.run({"--shims", world.box.path("shims"), "tool"}).code == 0);
  Spawn spawn = world.spawn(*in, in->init("tool") + "tool log runs out x\ncommand tool out y\n");
  spawn.set("PATH", world.box.path("shims") + ":" + world.box.path("bin") + ":/usr/bin:/bin");
  CHECK(Started(spawn).finish() == exited(0, "xy"));
  CHECK(world.box.executions() == 1);
  CHECK(world.box.stats().at("total") == 2);
}

TEST_CASE("A name that is no program's, or the shell's own, is refused by one line") {
  Sandbox box;
  const std::string shell = GENERATE("bash", "zsh", "fish");
  for (const char* name :
       {"", "/bin/ls", "-x", "a=b", "if", "cd", "command", "reduce-run", "reduced", "a;b",
        "$(touch pwned)", "a\nb", "*", "[", "{", "exec", "while"}) {
    CAPTURE(shell, name);
    const Result result = box.run({"--shell-init", shell, "tool", name});
    CHECK(result.code == 125);
    CHECK(result.out.empty());
    CHECK(is_own_line(result.err));
  }
}

TEST_CASE("Every builtin and keyword of the installed shells is refused") {
  const auto in = dialect(GENERATE("bash", "zsh", "fish"));
  if (!in) return;
  Sandbox box;
  std::string list = "compgen -bk";
  if (in->shell == "zsh") list = "print -rl -- ${(k)builtins} ${(k)reswords}";
  if (in->shell == "fish") list = "builtin --names";
  const Words names = lines(Started(script(box, in->shell, list)).finish().out);
  CHECK(names.size() > 40);
  for (const std::string& name : names) {
    CAPTURE(in->shell, name);
    CHECK(box.run({"--shell-init", in->shell, "--", name}).code == 125);
  }
}

TEST_CASE("Another shell, no shell or no command is bad usage") {
  Sandbox box;
  const Words words = GENERATE(Words{"dash", "tool"}, Words{"", "tool"}, Words{"bash"}, Words{},
                               Words{"BASH", "tool"}, Words{"bash", "--"});
  const Result result = box.run(with({"--shell-init"}, words));
  CHECK(result.code == 125);
  CHECK(result.out.empty());
  CHECK(is_own_line(result.err));
  if (words.size() == 2 && words.at(1) == "tool" && !words.at(0).empty()) {
    CHECK(result.err.find("bash, zsh and fish") != std::string::npos);
  }
}

TEST_CASE("Functions are printed without a daemon, and with no other question") {
  Sandbox box;
  CHECK(box.run({"--shell-init", "bash", "tool"}).code == 0);
  CHECK(box.daemons().empty());
  for (const Words& more : {Words{"--json"}, Words{"--list"}, Words{"--shims", "x"},
                            Words{"-c", "true"}, Words{"--reset"}}) {
    CHECK(box.run(with(with({"--shell-init", "bash"}, more), {"tool"})).code == 125);
  }
  Spawn closed = box.call({"--shell-init", "bash", "tool"});
  closed.out = Target::closed();
  CHECK(Started(closed).finish().code == 125);
}
