// What counts as the same command.

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate"), "out", "x"});
}

/// Two calls at once: do they get one run?
bool are_shared(const Sandbox& box, const Spawn& one, const Spawn& other) {
  Started first(one);
  box.await_callers(1);
  Started second(other);
  box.await_callers(2);
  const std::size_t runs = box.list().at("runs").size();
  box.touch("gate");
  CHECK(first.finish() == exited(0, "x"));
  CHECK(second.finish() == exited(0, "x"));
  CHECK(box.executions() == runs);
  return runs == 1;
}

bool differs_by_variable(const std::string& name, const std::string& value) {
  const Sandbox box;
  Spawn other = box.call(gated(box));
  other.set(name, value);
  return !are_shared(box, box.call(gated(box)), other);
}

void lower_limit(bool soft, bool hard) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NPROC, &limit);
  const rlim_t lower = limit.rlim_cur == RLIM_INFINITY ? 60'000 : limit.rlim_cur - 1;
  if (soft) limit.rlim_cur = lower;
  if (hard) limit.rlim_max = lower;
  ::setrlimit(RLIMIT_NPROC, &limit);
}

}  // namespace

TEST_CASE("The same call twice is the same command") {
  Sandbox box;
  CHECK(are_shared(box, box.call(gated(box)), box.call(gated(box))));
}

TEST_CASE("Other arguments are another command") {
  Sandbox box;
  Words one = gated(box);
  Words other = one;
  SECTION("more of them") {
    other = with(one, {"err", ""});
  }
  SECTION("another byte") {
    one = with(one, {"err", "", "touch", box.path("a")});
    other = with(other, {"err", "", "touch", box.path("b")});
  }
  SECTION("the same bytes, cut elsewhere") {
    one = with(one, {"note", box.path("a"), "bc", "note", box.path("d"), ""});
    other = with(other, {"note", box.path("a"), "b", "note", box.path("d"), "c"});
  }
  SECTION("another name for the program") {
    REQUIRE(::symlink(REDUCE_TEST_PUPPET, box.path("other-name").c_str()) == 0);
    other.front() = box.path("other-name");
  }
  CHECK_FALSE(are_shared(box, box.call(one), box.call(other)));
}

TEST_CASE("Another working directory is another command") {
  Sandbox box;
  ::mkdir(box.path("sub").c_str(), 0700);
  Spawn other = box.call(gated(box));
  other.cwd = box.path("sub");
  CHECK_FALSE(are_shared(box, box.call(gated(box)), other));
}

TEST_CASE("One directory by two paths is one command") {
  Sandbox box;
  ::mkdir(box.path("real").c_str(), 0700);
  REQUIRE(::symlink("real", box.path("link").c_str()) == 0);
  Spawn one = box.call(gated(box));
  one.cwd = box.path("real");
  one.set("PWD", one.cwd);
  Spawn other = one;
  other.cwd = box.path("link");
  other.set("PWD", other.cwd);
  CHECK(are_shared(box, one, other));
}

TEST_CASE("A directory made anew at the same path is another command") {
  Sandbox box;
  ::mkdir(box.path("work").c_str(), 0700);
  Spawn call = box.call(gated(box));
  call.cwd = box.path("work");
  Started first(call);
  box.await_callers(1);
  std::filesystem::rename(box.path("work"), box.path("moved"));
  ::mkdir(box.path("work").c_str(), 0700);
  Started second(call);
  box.await_callers(2);
  CHECK(box.list().at("runs").size() == 2);
  box.touch("gate");
  CHECK(first.finish() == exited(0, "x"));
  CHECK(second.finish() == exited(0, "x"));
}

TEST_CASE("Another umask, nice value or resource limit is another command") {
  Sandbox box;
  Spawn other = box.call(gated(box));
  SECTION("umask") {
    other.before_exec = [] { ::umask(027); };
  }
  SECTION("nice value") {
    other.before_exec = [] { ::setpriority(PRIO_PROCESS, 0, 3); };
  }
  SECTION("soft limit") {
    other.before_exec = [] { lower_limit(true, false); };
  }
  SECTION("hard limit") {
    const auto soft = [] { lower_limit(true, false); };
    Spawn one = box.call(gated(box));
    one.before_exec = soft;
    other.before_exec = [] { lower_limit(true, true); };
    CHECK_FALSE(are_shared(box, one, other));
    return;
  }
  CHECK_FALSE(are_shared(box, box.call(gated(box)), other));
}

TEST_CASE("A variable of the environment counts: its value, and whether it is set") {
  Sandbox box;
  Spawn one = box.call(gated(box));
  Spawn other = one;
  SECTION("another value") {
    one.set("MODE", "a");
    other.set("MODE", "b");
  }
  SECTION("set or not") {
    other.set("MODE", "a");
  }
  SECTION("empty or not set") {
    other.set("MODE", "");
  }
  SECTION("bytes that are no UTF-8") {
    one.set("MODE", "\xff");
    other.set("MODE", "\xfe");
  }
  CHECK_FALSE(are_shared(box, one, other));
}

TEST_CASE("What programs heed in the environment counts") {
  const char* name = GENERATE("LANG", "LC_ALL", "LC_MESSAGES", "LD_LIBRARY_PATH", "HOME", "TZ",
                              "TERM", "CI", "NO_COLOR", "MAKEFLAGS", "CFLAGS", "USER");
  INFO(name);
  CHECK(differs_by_variable(name, "value"));
}

TEST_CASE("The search path counts") {
  CHECK(differs_by_variable("PATH", "/bin:/usr/bin"));
}

TEST_CASE("A name that only resembles a volatile variable's counts") {
  const char* name = GENERATE("PWDX", "TMU", "LINES_", "DISPLAYS", "COLUMN", "SSH_AUTH_SOCKET",
                              "__", "STYLE", "XREDUCE_X", "reduce_x");
  INFO(name);
  CHECK(differs_by_variable(name, "value"));
}

TEST_CASE("Variables of shell, terminal, session, supervisor and editor do not count") {
  Sandbox box;
  const Words names{"_",
                    "PWD",
                    "OLDPWD",
                    "SHLVL",
                    "SHELLOPTS",
                    "PS1",
                    "COMP_WORDBREAKS",
                    "BASH_FUNC_ls%%",
                    "__fish_x",
                    "TMUX",
                    "TMUX_PANE",
                    "STY",
                    "WINDOWID",
                    "COLUMNS",
                    "LINES",
                    "TERM_SESSION_ID",
                    "ITERM_SESSION_ID",
                    "KITTY_WINDOW_ID",
                    "WEZTERM_PANE",
                    "ALACRITTY_LOG",
                    "GPG_TTY",
                    "SSH_AUTH_SOCK",
                    "SSH_AGENT_PID",
                    "SSH_ASKPASS",
                    "SSH_CONNECTION",
                    "SSH_CLIENT",
                    "SSH_TTY",
                    "DISPLAY",
                    "WAYLAND_DISPLAY",
                    "XAUTHORITY",
                    "XDG_SESSION_ID",
                    "XDG_SESSION_TYPE",
                    "DBUS_SESSION_BUS_ADDRESS",
                    "INVOCATION_ID",
                    "JOURNAL_STREAM",
                    "SYSTEMD_EXEC_PID",
                    "NOTIFY_SOCKET",
                    "LISTEN_FDS",
                    "LISTEN_PID",
                    "VSCODE_PID",
                    "CURSOR_TRACE_ID",
                    "CLAUDE_CODE_SSE_PORT",
                    "CODEX_THREAD_ID",
                    "REDUCE_ANYTHING"};
  Spawn one = box.call(gated(box));
  Spawn other = one;
  for (std::size_t n = 0; n < names.size(); ++n) {
    // One that only one of them has, and one that both have with another value.
    if (n % 2 == 0) one.set(names[n], "one");
    other.set(names[n], "other");
  }
  CHECK(are_shared(box, one, other));
}

TEST_CASE("The process gets the volatile variables of the caller that started it") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "print-env", "SSH_AUTH_SOCK"});
  Spawn call = box.call(command);
  call.set("SSH_AUTH_SOCK", "/starter");
  Started starter(call);
  box.await_callers(1);
  call.set("SSH_AUTH_SOCK", "/joiner");
  Started joiner(call);
  box.await_callers(2);
  box.touch("gate");
  CHECK(starter.finish() == exited(0, "/starter\n"));
  CHECK(joiner.finish() == exited(0, "/starter\n"));
  CHECK(box.executions() == 1);
}

TEST_CASE("The order of variables in the environment does not count") {
  Sandbox box;
  Spawn one = box.call(gated(box));
  one.set("A", "1").set("AB", "2").set("B", "3").set("A_", "4");
  Spawn other = one;
  std::ranges::reverse(other.env);
  CHECK(are_shared(box, one, other));
}

TEST_CASE("With --ident neither arguments nor directory nor environment count") {
  Sandbox box;
  Spawn one = box.call(with({"--ident", "build"}, gated(box)));
  Spawn other = box.call({"--ident=build", "false"});
  other.cwd = "/usr";
  other.set("MODE", "other");
  CHECK(are_shared(box, one, other));
}

TEST_CASE("Another --ident, or none, is another command") {
  Sandbox box;
  Spawn one = box.call(with({"--ident", "a"}, gated(box)));
  Spawn other = box.call(gated(box));
  SECTION("another") {
    other = box.call(with({"--ident", "b"}, gated(box)));
  }
  SECTION("none") {}
  SECTION("in another scope") {
    other = box.call(with({"--ident", "a", "--scope", "s"}, gated(box)));
  }
  CHECK_FALSE(are_shared(box, one, other));
}

TEST_CASE("A scope is a space of its own") {
  Sandbox box;
  Spawn one = box.call(with({"--scope", "a"}, gated(box)));
  Spawn other = box.call(gated(box));
  SECTION("against none") {}
  SECTION("against another") {
    other = box.call(with({"--scope", "b"}, gated(box)));
  }
  SECTION("against another in the environment") {
    other.set("REDUCE_SCOPE", "b");
  }
  CHECK_FALSE(are_shared(box, one, other));
}

TEST_CASE("REDUCE_SCOPE and --scope name the same scopes, and the option wins") {
  Sandbox box;
  Spawn one = box.call(with({"--scope", "a"}, gated(box)));
  Spawn other = box.call(gated(box));
  SECTION("by the environment") {
    other.set("REDUCE_SCOPE", "a");
  }
  SECTION("the option wins") {
    other = one;
    other.set("REDUCE_SCOPE", "b");
  }
  CHECK(are_shared(box, one, other));
}
