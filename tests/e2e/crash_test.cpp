// kill -9, of whom and whenever: nobody waits in vain, and nothing is to be cleaned up by hand.

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "support/catch.hpp"
#include "support/e2e/measured.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

constexpr std::uint64_t kSeed = 21, kSize = 300'000;

/// The next call finds or starts a daemon, and nothing else is left in the socket's folder.
void check_next_call(const Sandbox& box) {
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  std::set<std::string> sockets;
  for (const auto& entry : std::filesystem::directory_iterator(box.folder())) {
    const std::string name = entry.path().filename();
    if (name.find(".sock") != std::string::npos || name.starts_with(".reduced")) {
      sockets.insert(name);
    }
  }
  CHECK(sockets == std::set<std::string>{"v1.sock", "v1.sock.lock"});
}

/// 125, one line, and before it a part of what the run wrote.
void check_lost(const Result& result) {
  INFO(result);
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
  NoiseCheck check(kSeed);
  check.take(result.out);
  CHECK(check.is_whole(result.out.size()));
}

/// kill -9 of their daemon ends the callers within a second: what it takes is told, and no verdict
/// on a machine that has other things to do.
void check_killing_loses(const Started& daemon, std::vector<Started>& callers) {
  constexpr std::chrono::seconds kGenerous(20);
  const StopWatch watch;
  daemon.signal(SIGKILL);
  for (Started& caller : callers) check_lost(caller.finish());
  tell_measured(std::to_string(callers.size()) +
                " callers of a daemon that was killed: all have ended after " + watch.text() +
                " of 1 s allowed");
  CHECK(watch.elapsed() < kGenerous);
}

/// Writes once the file `gate` is there, then waits for SIGTERM and tells of it.
Words write_and_wait(const Sandbox& box) {
  return box.puppet({"trap-file", "TERM", box.path("told"), "wait-for", box.path("gate"), "noise",
                     std::to_string(kSeed), std::to_string(kSize), "out", "touch",
                     box.path("written"), "wait-signal", "exit", "4"});
}

void kill_now(pid_t pid) {
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(eventually([&] { return !is_alive(pid); }));
}

void check_processes_gone(const Sandbox& box) {
  const auto executed = box.executed();
  CHECK(eventually([&] { return std::ranges::none_of(executed, is_alive); }));
}

}  // namespace

TEST_CASE("kill -9 of an idle daemon leaves nothing that the next call minds") {
  Sandbox box;
  const bool by_hand = GENERATE(true, false);
  if (by_hand) box.start_daemon();
  for (int round = 0; round < 3; ++round) {
    CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
    kill_now(box.daemon_pid().value());
    check_next_call(box);
  }
}

TEST_CASE("kill -9 of a daemon that streams: 125 and one line for each, SIGTERM for the command") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(write_and_wait(box)));
  box.await_callers(3);
  box.touch("gate");
  box.await_file("written");
  check_killing_loses(daemon, callers);
  box.await_file("told");
  check_processes_gone(box);
  CHECK(box.read("told") == "signal\n");
  CHECK(box.executions() == 1);
  check_next_call(box);
}

TEST_CASE("kill -9 of a daemon between connection and request") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  const UniqueFd client = connect_raw(box.socket());
  REQUIRE(client);
  REQUIRE(box.run({"true"}) == exited(0));
  daemon.signal(SIGSTOP);
  const UniqueFd unaccepted = connect_raw(box.socket());
  // Neither way of a call has its answer, or even its request read.
  std::vector<Started> callers;
  for (int n = 0; n < 4; ++n) {
    const Words options = n % 2 == 0 ? Words{} : Words{"--"};
    callers.push_back(box.start(with(options, {"echo", std::to_string(n)})));
  }
  for (const Started& caller : callers) {
    REQUIRE(eventually([&] { return is_asleep(caller.pid()); }));
  }
  daemon.signal(SIGKILL);
  char byte = 0;
  CHECK(::recv(client.get(), &byte, 1, 0) <= 0);
  CHECK(::recv(unaccepted.get(), &byte, 1, 0) <= 0);
  for (int n = 0; n < 4; ++n) {
    CHECK(callers[static_cast<std::size_t>(n)].finish() == exited(0, std::to_string(n) + "\n"));
  }
  check_next_call(box);
}

TEST_CASE("kill -9 of a daemon at any point of its start") {
  Sandbox box;
  // How far it has come shows in what it has open, then in its socket.
  for (std::size_t descriptors = 3; descriptors < 16; ++descriptors) {
    Started daemon(box.direct({Sandbox::program("reduced"), "--socket", box.socket()}));
    const auto has_come = [&] {
      return open_descriptors(daemon.pid()) >= descriptors || box.exists("v1.sock") ||
             !daemon.is_running();
    };
    while (!has_come()) continue;
    daemon.signal(SIGKILL);
    CHECK(daemon.finish().signal == SIGKILL);
    check_next_call(box);
    kill_now(box.daemon_pid().value());
    std::filesystem::remove(box.socket());
  }
}

TEST_CASE("What a daemon left that was killed before it had its socket's name is no obstacle") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  daemon.signal(SIGKILL);
  CHECK(daemon.finish().signal == SIGKILL);
  struct stat lock {};
  REQUIRE(::stat(box.path("v1.sock.lock").c_str(), &lock) == 0);
  box.write(".reduced-" + std::to_string(lock.st_ino), "left over");
  check_next_call(box);
}

TEST_CASE("kill -9 of a daemon with callers queued by --fresh: 125 for all, and no second run") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  const Words command = box.puppet({"wait-for", box.path("gate")});
  std::vector<Started> callers;
  callers.push_back(box.start(command));
  box.await_callers(1);
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(with({"--fresh"}, command)));
  box.await_callers(4);
  check_killing_loses(daemon, callers);
  check_processes_gone(box);
  CHECK(box.executions() == 1);
  check_next_call(box);
}

TEST_CASE("kill -9 of a caller is no matter of the others'") {
  Sandbox box;
  box.start_daemon();
  const Words command = box.puppet(
      {"wait-for", box.path("gate"), "noise", std::to_string(kSeed), "300000", "out", "exit", "4"});
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(command));
  box.await_callers(3);
  // The one that started the run among them.
  callers[0].signal(SIGKILL);
  box.await_callers(2);
  box.touch("gate");
  CHECK(callers[0].finish() == signaled(SIGKILL));
  for (std::size_t n = 1; n < 3; ++n) {
    const Result result = callers[n].finish();
    NoiseCheck check(kSeed);
    check.take(result.out);
    CHECK(result.code == 4);
    CHECK(check.is_whole(kSize));
  }
  check_next_call(box);
}

TEST_CASE("kill -9 of a run's process, or of its group, is what its callers see") {
  Sandbox box;
  box.start_daemon();
  const bool whole_group = GENERATE(false, true);
  const Words command =
      box.puppet({"out", "x", "spawn", "log", box.path("left"), "wait-for", box.path("gate"), "end",
                  "touch", box.path("ready"), "wait-for", box.path("gate")});
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(command));
  box.await_callers(3);
  box.await_file("ready");
  REQUIRE(eventually([&] { return !box.read("left").empty(); }));
  const pid_t process = box.executed().at(0);
  REQUIRE(::kill(whole_group ? -process : process, SIGKILL) == 0);
  for (Started& caller : callers) CHECK(caller.finish() == signaled(SIGKILL, "x"));
  CHECK(box.executions() == 1);
  const auto left = static_cast<pid_t>(std::stol(box.read("left")));
  if (whole_group) CHECK(eventually([&] { return !is_alive(left); }));
  box.touch("gate");
  CHECK(eventually([&] { return !is_alive(left); }));
  check_next_call(box);
}
