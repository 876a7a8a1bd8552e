// The live view, on a terminal.

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/pty.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

constexpr const char* kOtherScreen = "\x1b[?1049h";

Spawn top(const Sandbox& box) {
  Spawn call = box.call({"--top"});
  call.set("LANG", "C.UTF-8");
  return call;
}

void await(Pty& pty, const std::string& text) {
  INFO("awaited: " << text);
  const bool came = eventually([&] { return pty.shows(text); });
  INFO(pty.shown());
  REQUIRE(came);
}

/// As the user had it: the modes, the main screen, the cursor, lines that wrap.
void check_restored(Pty& pty, const std::string& modes) {
  const std::string& shown = pty.shown();
  const auto begin = shown.rfind(kOtherScreen);
  REQUIRE(begin != std::string::npos);
  for (const char* sequence : {"\x1b[?1049l", "\x1b[?25h", "\x1b[?7h"}) {
    CHECK(shown.find(sequence, begin) != std::string::npos);
  }
  CHECK(pty.modes() == modes);
}

}  // namespace

TEST_CASE("The view shows runs and totals as they come, and ends by a key") {
  Sandbox box;
  box.start_daemon();
  Pty pty(24, 400);
  const std::string modes = pty.modes();
  Started view(pty.on(top(box)));
  await(pty, "0 running");
  CHECK(pty.modes() != modes);
  const Words command = box.puppet({"out", "12345", "wait-for", box.path("gate")});
  Started one = box.start(command), other = box.start(command);
  await(pty, "1 running, 2 callers");
  await(pty, "5B");
  await(pty, "wait-for");
  box.touch("gate");
  CHECK(one.finish().code == 0);
  CHECK(other.finish().code == 0);
  await(pty, "executed 1, reduced 1");
  pty.type("q");
  CHECK(view.finish() == exited(0));
  check_restored(pty, modes);
}

TEST_CASE("A signal ends the view, which ends by it with the terminal as it was") {
  const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP, SIGQUIT);
  Sandbox box;
  box.start_daemon();
  Pty pty(24, 80);
  const std::string modes = pty.modes();
  Started view(pty.on(top(box)));
  await(pty, "0 running");
  view.signal(signal);
  CHECK(view.finish() == signaled(signal));
  check_restored(pty, modes);
}

TEST_CASE("Keys that make signals do so in the view") {
  const auto [key, signal] = GENERATE(std::pair("\x03", SIGINT), std::pair("\x1c", SIGQUIT));
  Sandbox box;
  box.start_daemon();
  Pty pty(24, 80);
  const std::string modes = pty.modes();
  Started view(pty.on(top(box)));
  await(pty, "0 running");
  pty.type(key);
  CHECK(view.finish() == signaled(signal));
  check_restored(pty, modes);
}

TEST_CASE(
    "A view that is suspended gives the terminal back, and takes it again in the foreground") {
  Sandbox box;
  box.start_daemon();
  Pty pty(24, 80);
  const std::string modes = pty.modes();
  Spawn shell = top(box);
  const std::string program = shell.argv.at(0);
  shell.argv = {"/bin/sh", "-c",
                "set -m; " + program + " --top; echo stopped $?; " +
                    "while [ ! -e gate ]; do sleep 0.05; done; fg; echo ended $?"};
  Started view(pty.on(shell));
  await(pty, "0 running");
  pty.type("\x1a");
  await(pty, "stopped 148");
  check_restored(pty, modes);
  pty.forget();
  box.touch("gate");
  await(pty, kOtherScreen);
  await(pty, "0 running");
  CHECK(pty.modes() != modes);
  pty.type("q");
  await(pty, "ended 0");
  CHECK(view.finish().code == 0);
  check_restored(pty, modes);
}

TEST_CASE("Keys select a run, kill it and forget it") {
  Sandbox box;
  box.start_daemon();
  Started one = box.start(box.puppet({"wait-for", box.path("gate")}));
  box.await_callers(1);
  const Words command = box.puppet({"wait-for", box.path("other")});
  Started two = box.start(command);
  box.await_callers(2);
  Pty pty(24, 80);
  Started view(pty.on(top(box)));
  await(pty, "2 running");
  pty.type("x");
  await(pty, "no run is selected");
  pty.type("\x1b[B");
  await(pty, "\x1b[7m     1 running");
  pty.type("\x1b[B");
  await(pty, "\x1b[7m     2 running");
  pty.type("f");
  await(pty, "run 2 is forgotten");
  Started three = box.start(command);
  await(pty, "3 running");
  CHECK(one.is_running());
  pty.type("kx");
  await(pty, "run 1 is ended");
  CHECK(one.finish() == signaled(SIGTERM));
  CHECK(two.is_running());
  box.touch("other");
  CHECK(two.finish() == exited(0));
  CHECK(three.finish() == exited(0));
  CHECK(box.executions() == 3);
  pty.type("q");
  CHECK(view.finish() == exited(0));
}

TEST_CASE("The view goes on when the daemon ends and another comes") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Pty pty(24, 80);
  Started view(pty.on(top(box)));
  await(pty, "0 running");
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
  await(pty, "no daemon serves " + box.socket());
  pty.forget();
  box.start_daemon();
  await(pty, "0 running");
  pty.type("q");
  CHECK(view.finish() == exited(0));
}

TEST_CASE("A daemon that does not answer does not keep the view from ending") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Pty pty(24, 80);
  Started view(pty.on(top(box)));
  await(pty, "0 running");
  daemon.signal(SIGSTOP);
  await(pty, "the daemon does not answer");
  pty.type("\x03");
  CHECK(view.finish() == signaled(SIGINT));
  daemon.signal(SIGCONT);
}

TEST_CASE("The view fits its window, whatever its size becomes") {
  Sandbox box;
  box.start_daemon();
  Started caller = box.start(box.puppet({"wait-for", box.path("gate"), "out", "\x1b[2Jx\xc2\x9b"}));
  box.await_callers(1);
  Pty pty(24, 400);
  Started view(pty.on(top(box)));
  await(pty, "wait-for");
  await(pty, "\x1b[24;1H");
  // What a command holds is not obeyed.
  CHECK_FALSE(pty.shows("\x1b[2Jx"));
  for (const unsigned short rows : {30, 6, 3, 1}) {
    pty.forget();
    pty.resize(rows, rows * 3);
    await(pty, "\x1b[" + std::to_string(rows) + ";1H");
    pty.forget();
    pty.type("j");
    await(pty, "\x1b[" + std::to_string(rows) + ";1H");
    CHECK_FALSE(pty.shows("\x1b[" + std::to_string(rows + 1) + ";1H"));
  }
  pty.resize(0, 0);
  pty.type("q");
  CHECK(view.finish() == exited(0));
  box.touch("gate");
  CHECK(caller.finish().code == 0);
}

TEST_CASE("A terminal that hangs up ends the view") {
  const bool ignored = GENERATE(false, true);
  Sandbox box;
  box.start_daemon();
  Pty pty(24, 80);
  Spawn call = pty.on(top(box));
  call.before_exec = [ignored, before = call.before_exec] {
    before();
    if (ignored) ::signal(SIGHUP, SIG_IGN);
  };
  Started view(call);
  await(pty, "0 running");
  pty.hang_up();
  CHECK(view.finish() == (ignored ? exited(0) : signaled(SIGHUP)));
}

TEST_CASE("A terminal that takes nothing does not keep the view from ending") {
  Sandbox box;
  box.start_daemon();
  Pty pty(200, 500);
  Started view(pty.on(top(box)));
  await(pty, "0 running");
  pty.type("\x13");
  for (int n = 0; n < 100; ++n) pty.type("j");
  view.signal(SIGTERM);
  CHECK(view.finish() == signaled(SIGTERM));
}

TEST_CASE("The view needs a terminal, and a daemon") {
  Sandbox box;
  const Result none = box.run({"--top"});
  CHECK(none.code == 125);
  CHECK(is_own_line(none.err));
  Pty pty(24, 80);
  const std::string modes = pty.modes();
  Started view(pty.on(top(box)));
  CHECK(view.finish().code == 125);
  CHECK(pty.shows("reduce-run: no daemon serves " + box.socket()));
  CHECK_FALSE(pty.shows(kOtherScreen));
  CHECK(pty.modes() == modes);
  CHECK(box.daemons().empty());
}

TEST_CASE("The view in tmux") {
  if (::access("/usr/bin/tmux", X_OK) != 0) {
    WARN("tmux is not installed");
    return;
  }
  Sandbox box;
  box.start_daemon();
  const auto tmux = [&](const Words& words) {
    Spawn call =
        box.direct(with({"/usr/bin/tmux", "-S", box.path("tmux"), "-f", "/dev/null"}, words));
    call.set("LANG", "C.UTF-8").set("TERM", "xterm").set("SHELL", "/bin/sh").unset("TMUX");
    return Started(call).finish();
  };
  const auto screen = [&] { return tmux({"capture-pane", "-p"}).out; };
  const auto await_screen = [&](const std::string& text) {
    std::string last;
    const bool came = eventually([&] { return (last = screen()).find(text) != std::string::npos; });
    INFO("awaited: " << text << "\n" << last);
    REQUIRE(came);
  };
  const std::string program = Sandbox::program("reduce-run");
  REQUIRE(tmux({"new-session", "-d", "-x", "400", "-y", "20", "/bin/sh"}).code == 0);
  tmux({"send-keys", "stty -g >before; " + program + " --top; echo ended $?; stty -g >after",
        "Enter"});
  await_screen("0 running");
  Started caller = box.start(box.puppet({"wait-for", box.path("gate")}));
  await_screen("wait-for");
  CHECK(screen().find("echo ended") == std::string::npos);
  tmux({"resize-window", "-x", "40", "-y", "8"});
  CHECK(eventually([&] {
    const std::string text = screen();
    return std::ranges::count(text, '\n') == 8 && text.find("\nup/down") != std::string::npos;
  }));
  tmux({"send-keys", "Down", "x"});
  CHECK(caller.finish() == signaled(SIGTERM));
  tmux({"send-keys", "q"});
  await_screen("ended 0");
  // The main screen is back.
  CHECK(screen().find("up/down") == std::string::npos);
  CHECK(eventually([&] { return !box.read("after").empty(); }));
  CHECK(box.read("before") == box.read("after"));
  tmux({"kill-server"});
}
