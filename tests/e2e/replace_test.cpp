// A new daemon takes the socket over from an old one, and no call notices.

#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

/// PROTOCOL.md: `query`, "hand over".
std::string ask_for_socket() {
  return raw_frame(4, "\x07");
}

/// A daemon that takes the socket over, and need not serve yet.
Spawn replacement(const Sandbox& box) {
  return box.direct({Sandbox::program("reduced"), "--socket", box.socket(), "--replace"});
}

/// One line that tells why there is no new daemon.
void check_refused(const Result& result, const std::string& reason) {
  INFO(result);
  CHECK(result.code == 125);
  CHECK(result.err.starts_with("reduced: the daemon at "));
  CHECK(result.err.find(reason) != std::string::npos);
  CHECK(std::ranges::count(result.err, '\n') == 1);
}

void check_serves(const Sandbox& box) {
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
}

}  // namespace

TEST_CASE("No call fails while daemons replace one another") {
  constexpr int kCalls = 2000, kReplacements = 10, kAtOnce = 8;
  Sandbox box;
  box.start_daemon();
  std::deque<Started> calls;
  int begun = 0;
  int replaced = 0;
  while (begun < kCalls) {
    while (begun < kCalls && calls.size() < kAtOnce) {
      // Different ones, so that each is a run.
      calls.push_back(box.start({"--require-daemon", "echo", std::to_string(begun++)}));
    }
    if (begun * kReplacements / kCalls > replaced) {
      ++replaced;
      box.start_daemon({"--replace"});
    }
    const Result result = calls.front().finish();
    const std::string expected = std::to_string(begun - static_cast<int>(calls.size())) + "\n";
    REQUIRE(result == exited(0, expected));
    calls.pop_front();
  }
  for (Started& call : calls) CHECK(call.finish().code == 0);
  CHECK(replaced == kReplacements);
  REQUIRE(eventually([&] { return box.daemons().size() == 1; }));
  CHECK(box.stats().at("total") == kCalls);
}

TEST_CASE("A run in flight ends in the old daemon, and new calls start anew in the new one") {
  Sandbox box;
  Started& old = box.start_daemon();
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "x"});
  Started first = box.start(command);
  Started second = box.start(command);
  box.await_callers(2);
  box.start_daemon({"--replace"});
  CHECK(old.is_running());
  Started third = box.start(command);
  box.await_callers(1);
  box.touch("gate");
  for (Started* call : {&first, &second, &third}) CHECK(call->finish() == exited(0, "x"));
  CHECK(box.executions() == 2);
  CHECK(old.finish().code == 0);
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("A daemon told to replace where none serves just serves") {
  Sandbox box;
  box.start_daemon({"--replace"});
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("What one daemon counted the next goes on to count") {
  Sandbox box;
  box.start_daemon();
  for (int n = 0; n < 3; ++n) CHECK(box.run({"true"}).code == 0);
  box.start_daemon({"--replace"});
  for (int n = 0; n < 2; ++n) CHECK(box.run({"true"}).code == 0);
  CHECK(box.stats().at("total") == 5);
  CHECK(box.stats().at("executed") == 5);
}

TEST_CASE("What ends in the old daemon is counted by the next, whichever way the old one went") {
  Sandbox box;
  Started& old = box.start_daemon();
  const bool replaced = GENERATE(true, false);
  const Words command = box.puppet({"wait-for", box.path("gate"), "exit", "3"});
  Started first = box.start(command);
  Started second = box.start(command);
  box.await_callers(2);
  if (!replaced) {
    old.signal(SIGTERM);
    REQUIRE(eventually([&] { return !box.exists("v1.sock"); }));
  }
  box.start_daemon(replaced ? Words{"--replace"} : Words{});
  CHECK(box.run({"--require-daemon", "true"}) == exited(0));
  CHECK(box.stats().at("total") == 3);
  CHECK(box.stats().at("errors") == 0);
  box.touch("gate");
  CHECK(first.finish() == exited(3));
  CHECK(second.finish() == exited(3));
  CHECK(old.finish().code == 0);
  const auto stats = box.stats();
  CHECK(stats.at("total") == 3);
  CHECK(stats.at("executed") == 2);
  CHECK(stats.at("reduced") == 1);
  CHECK(stats.at("errors") == 1);
  CHECK(stats.at("time_saved_seconds") > 0);
}

TEST_CASE("Daemons that replace one at once all do so, and the last serves") {
  Sandbox box;
  Started& old = box.start_daemon();
  std::deque<Started> replacing;
  const auto running = [&] { return std::ranges::count_if(replacing, &Started::is_running); };
  for (int round = 0; round < 20; ++round) {
    for (int n = 0; n < 3; ++n) replacing.emplace_back(replacement(box));
    REQUIRE(eventually([&] { return running() == 1; }));
    check_serves(box);
  }
  CHECK(old.finish() == exited(0));
  for (Started& daemon : replacing) {
    if (daemon.is_running()) daemon.signal(SIGTERM);
    CHECK(daemon.finish() == exited(0));
  }
}

TEST_CASE("Where a daemon has just given the socket to another that died, the next one serves") {
  Sandbox box;
  Started& old = box.start_daemon();
  UniqueFd dying = connect_raw(box.socket());
  // It is accepted by now.
  check_serves(box);
  old.signal(SIGSTOP);
  send_raw(dying, ask_for_socket());
  Started next(replacement(box));
  REQUIRE(eventually([&] { return is_asleep(next.pid()); }));
  old.signal(SIGCONT);
  CHECK(old.finish() == exited(0));
  dying.reset();
  CHECK(eventually([&] { return box.daemon_pid() == next.pid() || !next.is_running(); }));
  check_serves(box);
  next.signal(SIGTERM);
  CHECK(next.finish() == exited(0));
}

TEST_CASE("A daemon that hangs is not waited for without end by the one that is to replace it") {
  Sandbox box;
  Started& old = box.start_daemon();
  old.signal(SIGSTOP);
  check_refused(Started(replacement(box)).finish(), "does not answer");
  old.signal(SIGCONT);
  check_serves(box);
  CHECK(box.daemon_pid() == old.pid());
}

TEST_CASE("A daemon that has as many connections as it may says so to one that is to replace it") {
  Sandbox box;
  Started& old = box.start_daemon({"--max-connections", "1", "--request-timeout", "1h"});
  UniqueFd silent = connect_raw(box.socket());
  for (int n = 0; n < 5; ++n) {
    check_refused(Started(replacement(box)).finish(),
                  "does not give it up: the daemon has its limit of 1 connections (see reduced "
                  "--max-connections)");
  }
  silent.reset();
  CHECK(eventually([&] { return box.run({"--require-daemon", "true"}) == exited(0); }));
  CHECK(box.daemon_pid() == old.pid());
}

TEST_CASE("A daemon whose replacement is gone before it has the socket serves and counts on") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  CHECK(box.run({"true"}) == exited(0));
  daemon.signal(SIGSTOP);
  UniqueFd gone = connect_raw(box.socket());
  send_raw(gone, ask_for_socket());
  gone.reset();
  daemon.signal(SIGCONT);
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.daemon_pid() == daemon.pid());
  // What came before, and what came since, goes on to the next.
  box.start_daemon({"--replace"});
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.stats().at("total") == 3);
  CHECK(box.run({"--stop"}) == exited(0));
  REQUIRE(eventually([&] { return box.daemons().empty(); }));
  box.start_daemon();
  CHECK(box.stats().at("total") == 3);
}
