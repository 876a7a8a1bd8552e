// How fresh a result is, how long a run may take, and what becomes of it without callers.

#include <poll.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate"), "out", "x"});
}

}  // namespace

TEST_CASE("Callers with --fresh share one run that starts after the one in flight") {
  Sandbox box;
  const Words command = gated(box);
  Started first = box.start(command);
  box.await_callers(1);
  std::list<Started> fresh;
  for (int n = 0; n < 5; ++n) fresh.push_back(box.start(with({"--fresh"}, command)));
  box.await_callers(6);
  const auto runs = box.list().at("runs");
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].at("state") == "running");
  CHECK(runs[1].at("state") == "queued");
  CHECK(runs[1].at("callers") == 5);
  CHECK(box.executions() == 1);
  box.touch("gate");
  CHECK(first.finish() == exited(0, "x"));
  for (Started& caller : fresh) CHECK(caller.finish() == exited(0, "x"));
  CHECK(box.executions() == 2);
}

TEST_CASE("A queued run goes with its last caller") {
  Sandbox box;
  const Words command = gated(box);
  Started first = box.start(command);
  box.await_callers(1);
  Started fresh = box.start(with({"--fresh"}, command));
  box.await_callers(2);
  fresh.signal(SIGINT);
  CHECK(fresh.finish() == signaled(SIGINT));
  box.await_callers(1);
  box.touch("gate");
  CHECK(first.finish() == exited(0, "x"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A run that is too old is not joined, its successor is") {
  Sandbox box;
  const Words command = gated(box);
  Started first = box.start(command);
  box.await_callers(1);
  Started second = box.start(with({"--max-age", "0"}, command));
  box.await_callers(2);
  Started third = box.start(command);
  box.await_callers(3);
  const auto runs = box.list().at("runs");
  REQUIRE(runs.size() == 2);
  CHECK(runs[1].at("callers") == 2);
  box.touch("gate");
  for (Started* caller : {&first, &second, &third}) CHECK(caller->finish() == exited(0, "x"));
}

TEST_CASE("A success is shared after its end by those who say so, a failure is not") {
  Sandbox box;
  const Words good = box.puppet({"out", "x"});
  CHECK(box.run(with({"--ttl", "1h"}, good)) == exited(0, "x"));
  CHECK(box.run(with({"--ttl", "1h"}, good)) == exited(0, "x"));
  CHECK(box.executions() == 1);
  CHECK(box.run(good) == exited(0, "x"));
  CHECK(box.executions() == 2);
  const Words bad = box.puppet({"exit", "3"});
  CHECK(box.run(with({"--ttl", "1h"}, bad)) == exited(3));
  CHECK(box.run(with({"--ttl", "1h"}, bad)) == exited(3));
  CHECK(box.executions() == 4);
}

TEST_CASE("A run that takes too long ends with 124, and with 137 if it must be killed") {
  Sandbox box;
  CHECK(box.run(with({"--timeout", "50ms"}, gated(box))) == exited(124));
  const Words stubborn =
      box.puppet({"ignore", "TERM", "touch", box.path("stubborn"), "wait-for", box.path("gate")});
  // The time may be over before the process has come so far.
  REQUIRE(eventually([&] {
    const Result result = box.run(with({"--timeout=50ms", "--kill-after=50ms"}, stubborn));
    const bool is_stubborn = box.exists("stubborn");
    if (is_stubborn) CHECK(result == exited(137));
    return is_stubborn;
  }));
  CHECK(box.run({"--timeout=1m", "sh", "-c", "exit 5"}) == exited(5));
}

TEST_CASE("Only the try that counts is seen") {
  Sandbox box;
  const std::string line = "echo try >>tries; n=$(wc -l <tries); echo out $n; echo err $n >&2; ";
  Spawn call = box.call({"--retries", "3", "sh", "-c", line + "[ $n -ge 3 ]"});
  call.cwd = box.folder();
  CHECK(Started(call).finish() == exited(0, "out 3\n", "err 3\n"));
  Spawn failing = box.call({"--retries", "1", "sh", "-c", line + "exit 6"});
  failing.cwd = box.folder();
  CHECK(Started(failing).finish() == exited(6, "out 5\n", "err 5\n"));
  CHECK(box.stats().at("executed") == 2);
  CHECK(box.stats().at("retried") == 3);
}

TEST_CASE("A caller waits as long as it wants to, and the run goes on for others") {
  Sandbox box;
  const Words command = gated(box);
  Started first = box.start(command);
  box.await_callers(1);
  const Result tired = box.run(with({"--wait-timeout", "20ms"}, command));
  CHECK(tired.code == 75);
  CHECK(tired.err.find("reduce-run: ") == 0);
  box.await_callers(1);
  box.touch("gate");
  CHECK(first.finish() == exited(0, "x"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A run goes on without callers where they asked for it") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "touch", box.path("done")});
  for (const char* option : {"--keep", "--linger=1h"}) {
    Started caller = box.start(with({option}, command));
    box.await_callers(1);
    caller.signal(SIGKILL);
    CHECK(caller.finish() == signaled(SIGKILL));
    box.await_callers(0);
    CHECK(box.list().at("runs").size() == 1);
    Started again = box.start(command);
    box.await_callers(1);
    CHECK(box.list().at("runs").size() == 1);
    box.touch("gate");
    CHECK(again.finish() == exited(0));
    ::unlink(box.path("gate").c_str());
  }
  CHECK(box.executions() == 2);
}

TEST_CASE("A run is killed and forgotten by its id") {
  Sandbox box;
  const Words command = gated(box);
  Started first = box.start(command);
  box.await_callers(1);
  const auto id = std::to_string(box.list().at("runs")[0].at("id").get<int>());
  CHECK(box.run({"--forget", id}) == exited(0));
  Started second = box.start(command);
  box.await_callers(2);
  CHECK(box.list().at("runs").size() == 2);
  CHECK(box.run({"--kill", id}) == exited(0));
  CHECK(first.finish() == signaled(SIGTERM));
  box.touch("gate");
  CHECK(second.finish() == exited(0, "x"));
  for (const char* wrong : {"4711", "x", ""}) {
    const Result refused = box.run({"--kill", wrong});
    CHECK(refused.code == 125);
    CHECK(refused.err.find("reduce-run: ") == 0);
  }
}

TEST_CASE("A report tells how the call went") {
  Sandbox box;
  const auto report = [&box] { return nlohmann::json::parse(box.read("report")); };
  const std::string option = "--report=" + box.path("report");
  CHECK(box.run({option, "sh", "-c", "exit 3"}) == exited(3));
  CHECK(report().at("role") == "started");
  CHECK(report().at("end") == "exit");
  CHECK(report().at("code") == 3);
  CHECK(report().at("callers") == 1);
  CHECK(box.run({option, "sh", "-c", "kill -KILL $$"}) == signaled(SIGKILL));
  CHECK(report().at("end") == "signal");
  CHECK(report().at("signal") == SIGKILL);
  CHECK(box.run(with({option, "--timeout=20ms"}, gated(box))) == exited(124));
  CHECK(report().at("end") == "timeout");
  CHECK(box.run({option, "/nowhere/at/all"}).code == 127);
  CHECK(report().at("end") == "error");
}

TEST_CASE("Who has edited a file never sees less with --fresh") {
  Sandbox box;
  box.start_daemon();
  box.write("value", "0\n");
  const std::string program = Sandbox::program("reduce-run");
  // Runs of the same command are in flight all the while, some begun before the edit.
  Spawn others =
      box.direct({"/bin/sh", "-c", "until [ -e over ]; do " + program + " sh read.sh; done"});
  Spawn writer =
      box.direct({"/bin/sh", "-c",
                  "n=0; while [ $n -lt 25 ]; do n=$((n+1)); echo $n >new; mv new value\n"
                  "for i in 1 2 3 4 5 6 7 8; do " +
                      program +
                      " --fresh sh read.sh >seen.$i & done; wait\n"
                      "cat seen.* | while read v; do [ $v = $n ] || echo $v for $n; done\n"
                      "done; touch over"});
  box.write("read.sh", "read v <value; sleep 0.01; echo $v\n");
  others.cwd = writer.cwd = box.folder();
  Started background(others);
  CHECK(Started(writer).finish() == exited(0));
  CHECK(background.finish().code == 0);
}
