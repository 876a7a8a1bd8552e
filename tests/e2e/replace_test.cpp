// A new daemon takes the socket over from an old one, and no call notices.

#include <deque>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

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
  CHECK(eventually([&] { return box.daemons().size() == 1; }));
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
