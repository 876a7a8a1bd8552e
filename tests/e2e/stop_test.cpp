// How a daemon ends.

#include <sys/socket.h>

#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate"), "out", "x\n", "exit", "3"});
}

bool is_gone(const Sandbox& box) {
  return eventually([&] { return !box.exists("v1.sock"); });
}

/// Each gets its own output, and nobody has to say anything.
void check_five_calls(const Sandbox& box) {
  std::vector<Started> callers;
  for (int n = 0; n < 5; ++n) callers.push_back(box.start({"echo", std::to_string(n)}));
  for (int n = 0; n < 5; ++n) {
    CHECK(callers[static_cast<std::size_t>(n)].finish() == exited(0, std::to_string(n) + "\n"));
  }
}

void end_all_daemons(const Sandbox& box) {
  for (const pid_t pid : box.daemons()) {
    ::kill(pid, SIGTERM);
    REQUIRE(eventually([&] { return !is_alive(pid); }));
  }
}

}  // namespace

TEST_CASE("A daemon with --idle-exit ends by itself and takes its socket away") {
  Sandbox box;
  Started daemon(
      box.direct({Sandbox::program("reduced"), "--socket", box.socket(), "--idle-exit", "100ms"}));
  CHECK(daemon.finish() == exited(0));
  CHECK_FALSE(box.exists("v1.sock"));
  CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("Calls that come while a daemon is ending for idleness all succeed") {
  Sandbox box;
  for (int round = 0; round < 20; ++round) {
    Started daemon(
        box.direct({Sandbox::program("reduced"), "--socket", box.socket(), "--idle-exit", "2ms"}));
    REQUIRE(eventually([&] { return box.exists("v1.sock") || !daemon.is_running(); }));
    check_five_calls(box);
    end_all_daemons(box);
  }
}

TEST_CASE("Calls that come while a daemon is being started by hand all succeed") {
  Sandbox box;
  for (int round = 0; round < 20; ++round) {
    Started daemon(box.direct({Sandbox::program("reduced"), "--socket", box.socket()}));
    check_five_calls(box);
    end_all_daemons(box);
  }
}

TEST_CASE("SIGTERM lets runs end, new calls get a new daemon, and the old one exits 0") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started before = box.start(gated(box));
  box.await_callers(1);
  daemon.signal(SIGTERM);
  REQUIRE(is_gone(box));

  Started after = box.start(gated(box));
  box.await_callers(1);
  CHECK(box.daemon_pid() != daemon.pid());
  CHECK(daemon.is_running());
  CHECK(before.is_running());
  CHECK(eventually([&] { return box.executions() == 2; }));
  box.touch("gate");
  CHECK(before.finish() == exited(3, "x\n"));
  CHECK(after.finish() == exited(3, "x\n"));
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("SIGINT to a daemon in the foreground is as SIGTERM") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  daemon.signal(SIGINT);
  CHECK(daemon.finish() == exited(0));
  CHECK_FALSE(box.exists("v1.sock"));
}

TEST_CASE("An idle daemon that is told to stop ends at once, and says nothing") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  CHECK(box.run({"--stop"}) == exited(0));
  CHECK(daemon.finish() == exited(0));
  CHECK_FALSE(box.exists("v1.sock"));
}

TEST_CASE("With --stop runs end first") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started caller = box.start(gated(box));
  box.await_callers(1);
  CHECK(box.run({"--stop"}) == exited(0));
  REQUIRE(is_gone(box));
  CHECK(caller.is_running());
  box.touch("gate");
  CHECK(caller.finish() == exited(3, "x\n"));
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("A daemon ends with its last run, though nobody waits for that one any more") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started caller = box.start(with({"--keep"}, gated(box)));
  box.await_callers(1);
  caller.signal(SIGKILL);
  box.await_callers(0);
  // Its request is there before the connection is accepted.
  daemon.signal(SIGSTOP);
  const bool replaced = GENERATE(true, false);
  const auto last = connect_raw(box.socket());
  // PROTOCOL.md: `query`, "hand over" or "stop".
  send_raw(last, raw_frame(4, replaced ? "\x07" : "\x03"));
  daemon.signal(SIGCONT);
  char reply[8];
  CHECK(::recv(last.get(), reply, sizeof reply, 0) > 0);
  CHECK(daemon.is_running());
  box.touch("gate");
  CHECK(daemon.finish() == exited(0));
  CHECK(box.executions() == 1);
}

TEST_CASE("A second SIGTERM stops the runs, and their callers see that end") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started caller = box.start(box.puppet(
      {"trap-file", "TERM", box.path("terminated"), "out", "x", "wait-signal", "exit", "8"}));
  REQUIRE(eventually([&] { return caller.out() == "x"; }));
  Started plain = box.start(gated(box));
  box.await_callers(2);
  daemon.signal(SIGTERM);
  REQUIRE(is_gone(box));
  CHECK_FALSE(box.exists("terminated"));
  daemon.signal(SIGTERM);
  CHECK(caller.finish() == exited(8, "x"));
  CHECK(plain.finish() == signaled(SIGTERM));
  CHECK(box.exists("terminated"));
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("After --drain-timeout the runs are stopped") {
  Sandbox box;
  Started& daemon = box.start_daemon({"--drain-timeout", "100ms"});
  Started caller = box.start(gated(box));
  box.await_callers(1);
  daemon.signal(SIGTERM);
  CHECK(caller.finish() == signaled(SIGTERM));
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("A daemon that drains does not take away its successor's socket") {
  Sandbox box;
  Started& first = box.start_daemon();
  Started caller = box.start(gated(box));
  box.await_callers(1);
  first.signal(SIGTERM);
  REQUIRE(is_gone(box));
  Started& second = box.start_daemon();
  box.touch("gate");
  CHECK(caller.finish() == exited(3, "x\n"));
  CHECK(first.finish() == exited(0));
  CHECK(box.daemon_pid() == second.pid());
}

TEST_CASE("A daemon whose lock file has been removed keeps its socket") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  std::filesystem::remove(box.path("v1.sock.lock"));
  const Result second =
      Started(box.direct({Sandbox::program("reduced"), "--socket", box.socket()})).finish();
  CHECK(second.code == 125);
  CHECK(second.err.find("serves") != std::string::npos);
  CHECK(box.daemon_pid() == daemon.pid());
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("A daemon whose socket has been removed does not take away another's") {
  Sandbox box;
  Started& lost = box.start_daemon();
  for (const char* name : {"v1.sock", "v1.sock.lock"}) std::filesystem::remove(box.path(name));
  Started& next = box.start_daemon();
  lost.signal(SIGTERM);
  CHECK(lost.finish() == exited(0));
  CHECK(box.daemon_pid() == next.pid());
  // Also after it was handed over.
  Started& last = box.start_daemon({"--replace"});
  CHECK(next.finish() == exited(0));
  std::filesystem::remove(box.path("v1.sock"));
  box.write("v1.sock", "");
  last.signal(SIGTERM);
  CHECK(last.finish() == exited(0));
  CHECK(box.exists("v1.sock"));
}

TEST_CASE("With --stop and no daemon: one line, and no daemon is started") {
  Sandbox box;
  const Result result = box.run({"--stop"});
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
  CHECK(box.daemons().empty());
}

TEST_CASE("A daemon refuses what it cannot understand with one line") {
  Sandbox box;
  const Words options = GENERATE(Words{"--bogus"}, Words{"--idle-exit", "soon"},
                                 Words{"--max-runs", "many"}, Words{"--socket", ""});
  Words argv{Sandbox::program("reduced"), "--socket", box.socket()};
  const Result result = Started(box.direct(with(argv, options))).finish();
  CHECK(result.code == 125);
  CHECK(result.err.starts_with("reduced: "));
  CHECK(std::ranges::count(result.err, '\n') == 1);
}
