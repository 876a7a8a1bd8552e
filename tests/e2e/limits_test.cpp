// Limits of a run and of a wait, when others share it.

#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// All wait for one run, and the file `gate` is never made.
void check_all_end(const Sandbox& box, const Words& words, const Result& expected) {
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(words));
  for (Started& caller : callers) CHECK(caller.finish() == expected);
  CHECK(box.executions() == 1);
  const auto executed = box.executed();
  CHECK(eventually([&] { return std::ranges::none_of(executed, is_alive); }));
}

std::string id_of_run(const Sandbox& box) {
  return std::to_string(box.list().at("runs").at(0).at("id").get<int>());
}

}  // namespace

TEST_CASE("All callers of a run that takes too long get its output and 124") {
  Sandbox box;
  // Long enough for all to come.
  check_all_end(box, with({"--timeout=3s"}, box.puppet({"out", "x", "wait-for", box.path("gate")})),
                exited(124, "x"));
}

TEST_CASE("All callers of a run that must be killed get its output and 137") {
  Sandbox box;
  check_all_end(box,
                with({"--timeout=3s", "--kill-after=50ms"},
                     box.puppet({"ignore", "TERM", "out", "x", "wait-for", box.path("gate")})),
                exited(137, "x"));
}

TEST_CASE("A run that ends by itself when it is told to is 124 all the same") {
  Sandbox box;
  const Words command = box.puppet(
      {"trap", "TERM", "cleaning up", "touch", box.path("ready"), "wait-signal", "exit", "5"});
  // The time may be over before the process has come so far.
  REQUIRE(eventually([&] {
    const Result result = box.run(with({"--timeout=50ms"}, command));
    const bool is_ready = box.exists("ready");
    if (is_ready) CHECK(result == exited(124, "cleaning up"));
    return is_ready;
  }));
}

TEST_CASE("Who has waited long enough may run the command alone, after one line") {
  Sandbox box;
  const Words command = box.puppet({"note", box.path("notes"), "x", "wait-for", box.path("gate"),
                                    "out", "whole\n", "exit", "3"});
  Started first = box.start(command);
  box.await_callers(1);
  Started second = box.start(with({"--wait-timeout=20ms", "--on-wait-timeout=run"}, command));
  REQUIRE(eventually([&] { return box.executions() == 2; }));
  CHECK(box.executed().at(1) == second.pid());
  CHECK(box.list().at("runs").at(0).at("callers") == 1);
  box.touch("gate");
  const Result alone = second.finish();
  CHECK(alone.code == 3);
  CHECK(alone.out == "whole\n");
  CHECK(is_own_line(alone.err));
  CHECK(first.finish() == exited(3, "whole\n"));
  CHECK(box.executions() == 2);
}

TEST_CASE("A run whose only caller waited in vain is ended") {
  Sandbox box;
  const Words command = box.puppet({"trap-file", "TERM", box.path("told"), "wait-signal"});
  CHECK(box.run(with({"--wait-timeout=100ms"}, command)).code == 75);
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
  const auto executed = box.executed();
  CHECK(eventually([&] { return std::ranges::none_of(executed, is_alive); }));
}

TEST_CASE("A duration has units, parts and fractions") {
  Sandbox box;
  const char* good = GENERATE("250ms", "1h30m", "0.5", "10s", "5m", "1h", "90", "1.5h", "0");
  INFO(good);
  for (const char* option : {"--max-age", "--ttl", "--linger", "--retry-delay", "--kill-after"}) {
    CHECK(box.run({option, good, "sh", "-c", "exit 3"}) == exited(3));
  }
}

TEST_CASE("What is no duration is refused with one line, and nothing is run") {
  Sandbox box;
  const char* bad = GENERATE("", "x", "-1", "+1", "1x", "1h30", "30m 1h", " 1s", "1 s", "ms", "s",
                             "1.2.3", ".", "1e3", "inf", "nan", "0x10", "10S", "1,5", "99999999h");
  INFO(bad);
  for (const char* option : {"--max-age", "--ttl", "--linger", "--retry-delay", "--kill-after",
                             "--timeout", "--wait-timeout"}) {
    const Result refused = box.run(with({std::string(option) + "=" + bad}, box.puppet({})));
    INFO(option << ": " << refused);
    CHECK(refused.code == 125);
    CHECK(is_own_line(refused.err));
  }
  CHECK(box.executions() == 0);
}

TEST_CASE("A run of several tries that is killed is not tried again") {
  Sandbox box;
  const Words command = with({"--retries=5"}, box.puppet({"wait-for", box.path("gate")}));
  std::vector<Started> callers;
  for (int n = 0; n < 2; ++n) callers.push_back(box.start(command));
  box.await_callers(2);
  REQUIRE(eventually([&] { return box.executions() == 1; }));
  CHECK(box.run({"--kill", id_of_run(box)}) == exited(0));
  for (Started& caller : callers) CHECK(caller.finish() == signaled(SIGTERM));
  CHECK(box.executions() == 1);
  CHECK(box.list().at("runs").empty());
}

TEST_CASE("A run that is killed between two tries ends there, and nobody waits on") {
  Sandbox box;
  const Words command =
      with({"--retries=5", "--retry-delay=1h"}, box.puppet({"err", "no\n", "exit", "2"}));
  std::vector<Started> callers;
  for (int n = 0; n < 2; ++n) callers.push_back(box.start(command));
  box.await_callers(2);
  const auto has_failed = [&] {
    const auto executed = box.executed();
    return executed.size() == 1 && !is_alive(executed[0]);
  };
  REQUIRE(eventually(has_failed));
  CHECK(box.run({"--kill", id_of_run(box)}) == exited(0));
  for (Started& caller : callers) CHECK(caller.finish().signal == SIGTERM);
  CHECK(box.executions() == 1);
  CHECK(box.list().at("runs").empty());
}

TEST_CASE("Ctrl-C to the only caller of several tries ends them all") {
  Sandbox box;
  const Words command =
      with({"--retries=5"}, box.puppet({"trap", "INT", "stopping", "touch", box.path("ready"),
                                        "wait-signal", "exit", "4"}));
  Started caller = box.start(command);
  box.await_file("ready");
  caller.signal(SIGINT);
  CHECK(caller.finish() == exited(4, "stopping"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A success is shared until its time is over") {
  Sandbox box;
  const Words command = with({"--ttl=300ms"}, box.puppet({"out", "x"}));
  CHECK(box.run(command) == exited(0, "x"));
  const auto runs_anew = [&] {
    CHECK(box.run(command) == exited(0, "x"));
    return box.executions() == 2;
  };
  CHECK(eventually(runs_anew));
}

TEST_CASE("A success that is kept is shared only with those for whom it is young enough") {
  Sandbox box;
  const Words command = box.puppet({"out", "x"});
  CHECK(box.run(with({"--ttl=1h"}, command)) == exited(0, "x"));
  CHECK(box.run(with({"--ttl=1h", "--max-age=1h"}, command)) == exited(0, "x"));
  CHECK(box.executions() == 1);
  CHECK(box.run(with({"--ttl=1h", "--max-age=0"}, command)) == exited(0, "x"));
  CHECK(box.executions() == 2);
  CHECK(box.run(with({"--ttl=1h", "--fresh"}, command)) == exited(0, "x"));
  CHECK(box.executions() == 3);
  CHECK(box.run(with({"--ttl=1h", "--no-join"}, command)) == exited(0, "x"));
  CHECK(box.executions() == 4);
  CHECK(box.run(with({"--ttl=1h"}, command)) == exited(0, "x"));
  CHECK(box.executions() == 4);
}

TEST_CASE("A run without callers ends when its time to linger is over") {
  Sandbox box;
  Started caller =
      box.start(with({"--linger=200ms"}, box.puppet({"trap-file", "TERM", box.path("told"), "touch",
                                                     box.path("ready"), "wait-signal"})));
  box.await_file("ready");
  caller.signal(SIGKILL);
  CHECK(caller.finish() == signaled(SIGKILL));
  box.await_file("told");
  const auto executed = box.executed();
  CHECK(eventually([&] { return std::ranges::none_of(executed, is_alive); }));
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
}
