// What keeps two calls apart and what does not: a table, tried through the programs.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// One call of a pair: what it adds to the plain one.
struct Side {
  Words options = {};
  Words set = {};    ///< NAME=VALUE
  Words words = {};  ///< at the end of the command
  std::string cwd = {};
  std::function<void()> before_exec = {};
  std::string input = {};  ///< content of a file on stdin
};

struct Pair {
  const char* what;
  Side one;
  Side other;
  bool shared;
};

Spawn spawn_of(const Sandbox& box, const Side& side, const std::string& name) {
  Words command = box.puppet({"wait-for", box.path("gate"), "out", "x"});
  for (const std::string& word : side.words) command.push_back(word);
  Spawn call = box.call(with(side.options, command));
  for (const std::string& variable : side.set) {
    const auto equals = variable.find('=');
    call.set(variable.substr(0, equals), variable.substr(equals + 1));
  }
  call.cwd = side.cwd.empty() ? box.folder() : box.path(side.cwd);
  call.before_exec = [side, input = box.path(name)] {
    if (side.before_exec) side.before_exec();
    if (!side.input.empty()) ::dup2(::open(input.c_str(), O_RDONLY), STDIN_FILENO);
  };
  if (!side.input.empty()) box.write(name, side.input);
  return call;
}

/// Both at once: is it one run?
bool is_shared(const Pair& pair) {
  const Sandbox box;
  ::mkdir(box.path("here").c_str(), 0700);
  ::mkdir(box.path("there").c_str(), 0700);
  box.write("state", "1");
  Started one(spawn_of(box, pair.one, "input-1"));
  box.await_callers(1);
  Started other(spawn_of(box, pair.other, "input-2"));
  box.await_callers(2);
  const std::size_t runs = box.list().at("runs").size();
  box.touch("gate");
  CHECK(one.finish().code == 0);
  CHECK(other.finish().code == 0);
  CHECK(box.executions() == runs);
  return runs == 1;
}

std::function<void()> with_limit(int resource, rlim_t soft) {
  return [resource, soft] {
    const auto name = static_cast<__rlimit_resource>(resource);
    rlimit limit{};
    ::getrlimit(name, &limit);
    limit.rlim_cur = soft;
    ::setrlimit(name, &limit);
  };
}

const std::vector<Pair> kPairs = {
    {"nothing", {}, {}, true},
    {"one more argument", {}, {.words = {"out", ""}}, false},
    {"an empty argument more", {.words = {"out", ""}}, {.words = {"out", "", "out", ""}}, false},
    {"bytes of an argument", {.words = {"err", "\xff"}}, {.words = {"err", "\xfe"}}, false},
    {"a variable set", {}, {.set = {"CFLAGS=-O0"}}, false},
    {"a variable empty or not there", {}, {.set = {"CFLAGS="}}, false},
    {"a variable's value", {.set = {"CC=gcc"}}, {.set = {"CC=clang"}}, false},
    {"the order of variables", {.set = {"A=1", "B=2"}}, {.set = {"B=2", "A=1"}}, true},
    {"names that share a beginning", {.set = {"AB=1"}}, {.set = {"A=B=1"}}, false},
    {"LANG", {.set = {"LANG=C"}}, {.set = {"LANG=C.UTF-8"}}, false},
    {"TZ", {.set = {"TZ=UTC"}}, {.set = {"TZ=CET"}}, false},
    {"TERM", {.set = {"TERM=dumb"}}, {.set = {"TERM=xterm"}}, false},
    {"NO_COLOR", {}, {.set = {"NO_COLOR=1"}}, false},
    {"CI", {}, {.set = {"CI=true"}}, false},
    {"SHLVL", {.set = {"SHLVL=1"}}, {.set = {"SHLVL=2"}}, true},
    {"TMUX_PANE", {.set = {"TMUX_PANE=%1"}}, {.set = {"TMUX_PANE=%2"}}, true},
    {"SSH_TTY", {}, {.set = {"SSH_TTY=/dev/pts/1"}}, true},
    {"INVOCATION_ID", {.set = {"INVOCATION_ID=a"}}, {.set = {"INVOCATION_ID=b"}}, true},
    {"an exported shell function", {}, {.set = {"BASH_FUNC_f%%=() { :; }"}}, true},
    {"a variable of ours", {}, {.set = {"REDUCE_ANYTHING=1"}}, true},
    {"PWD", {.set = {"PWD=/a"}}, {.set = {"PWD=/b"}}, true},
    {"a volatile variable that --env names",
     {{"--env", "TMUX"}, {"TMUX=1"}},
     {{"--env", "TMUX"}, {"TMUX=2"}},
     false},
    {"--env of an unset variable", {{"--env", "TMUX"}}, {{"--env", "TMUX"}, {"TMUX="}}, false},
    {"--env of equal values", {{"--env=TMUX"}, {"TMUX=1"}}, {{"--env=TMUX"}, {"TMUX=1"}}, true},
    {"--ignore-env",
     {{"--ignore-env", "NPM_*"}, {"NPM_A=1"}},
     {{"--ignore-env", "NPM_*"}, {"NPM_A=2"}},
     true},
    {"what --ignore-env does not name",
     {{"--ignore-env", "NPM_*"}, {"NPX=1"}},
     {{"--ignore-env", "NPM_*"}, {"NPX=2"}},
     false},
    {"--ignore-env on one side: the other counts all",
     {{"--ignore-env", "NPM_A"}, {"NPM_A=1"}},
     {},
     false},
    {"--env-mode=none", {{"--env-mode=none"}, {"A=1"}}, {{"--env-mode=none"}, {"A=2"}}, true},
    {"--env-mode=none on one side", {{"--env-mode=none"}, {"A=1"}}, {}, false},
    {"--env-mode=none and --env",
     {{"--env-mode=none", "--env=A"}, {"A=1"}},
     {{"--env-mode=none", "--env=A"}, {"A=2"}},
     false},
    {"--env-mode=all", {{"--env-mode=all"}, {"TMUX=1"}}, {{"--env-mode=all"}, {"TMUX=2"}}, false},
    {"the directory", {.cwd = "here"}, {.cwd = "there"}, false},
    {"the directory with --any-cwd",
     {.options = {"--any-cwd"}, .cwd = "here"},
     {.options = {"--any-cwd"}, .cwd = "there"},
     true},
    {"--any-cwd on one side", {.cwd = "here"}, {.options = {"--any-cwd"}, .cwd = "here"}, false},
    {"the umask", {}, {.before_exec = [] { ::umask(0757); }}, false},
    {"a soft limit", {}, {.before_exec = with_limit(RLIMIT_NOFILE, 99)}, false},
    {"another soft limit", {}, {.before_exec = with_limit(RLIMIT_CPU, 999)}, false},
    {"the nice value", {}, {.before_exec = [] { ::setpriority(PRIO_PROCESS, 0, 7); }}, false},
    {"stdin's content", {.input = "a"}, {.input = "b"}, false},
    {"stdin of equal content", {.input = "same"}, {.input = "same"}, true},
    {"stdin with and without", {.input = "a"}, {}, false},
    {"stdin that --stdin=none leaves out",
     {.options = {"--stdin=none"}, .input = "a"},
     {.options = {"--stdin=none"}, .input = "b"},
     true},
    {"the scope", {{"--scope=a"}}, {{"--scope=b"}}, false},
    {"the scope by variable", {{"--scope=a"}}, {.set = {"REDUCE_SCOPE=a"}}, true},
    {"--timeout", {{"--timeout=60"}}, {}, false},
    {"--timeout in other words", {{"--timeout=60"}}, {{"--timeout=1m"}}, true},
    {"--kill-after", {{"--kill-after=60"}}, {}, false},
    {"--retries", {{"--retries=1"}}, {}, false},
    {"what concerns the waiting alone",
     {{"--linger=1", "--wait-timeout=1h", "-v"}},
     {{"--max-age=1h", "--ttl=1", "-q"}},
     true},
    {"--ident, whatever else",
     {{"--ident=a"}, {"A=1"}, {}, "here"},
     {{"--ident=a"}, {"A=2"}, {"out", ""}, "there"},
     true},
    {"--ident", {{"--ident=a"}}, {{"--ident=b"}}, false},
    {"--ident on one side", {{"--ident=a"}}, {}, false},
    {"--ident and the scope", {{"--ident=a", "--scope=x"}}, {{"--ident=a"}}, false},
    {"--ident and a variable that --env names",
     {{"--ident=a", "--env=A"}, {"A=1"}},
     {{"--ident=a", "--env=A"}, {"A=2"}},
     false},
    {"--file", {{"--file=state"}}, {{"--file=state"}}, true},
    {"--file on one side", {{"--file=state"}}, {}, false},
    {"--file of other files", {{"--file=state"}}, {{"--file=nothing"}}, false},
    {"--no-join", {}, {{"--no-join"}}, false},
    {"--no-join on both", {{"--no-join"}}, {{"--no-join"}}, false},
};

}  // namespace

TEST_CASE("Each pair of calls is shared or kept apart as the table says") {
  REQUIRE(kPairs.size() >= 40);
  for (const Pair& pair : kPairs) {
    INFO(pair.what);
    CHECK(is_shared(pair) == pair.shared);
  }
}

TEST_CASE("A file that --file names is another once it is written to") {
  const Sandbox box;
  box.write("state", "1");
  const Words command =
      with({"--file", "state"}, box.puppet({"wait-for", box.path("gate"), "out", "x"}));
  Spawn call = box.call(command);
  call.cwd = box.folder();
  Started one(call);
  box.await_callers(1);
  box.write("state", "22");
  Started other(call);
  box.await_callers(2);
  CHECK(box.list().at("runs").size() == 2);
  box.touch("gate");
  CHECK(one.finish() == exited(0, "x"));
  CHECK(other.finish() == exited(0, "x"));
}
