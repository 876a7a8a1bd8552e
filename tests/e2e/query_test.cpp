// What the daemon tells of itself.

#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

TEST_CASE("A listing shows each run in flight: command, directory, process, callers, output") {
  Sandbox box;
  const Words command = box.puppet({"out", "12345", "wait-for", box.path("gate")});
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(command));
  box.await_callers(3);
  REQUIRE(eventually([&] { return box.list().at("runs").at(0).at("output_bytes") == 5; }));
  const auto run = box.list().at("runs").at(0);
  CHECK(run.at("id").is_number());
  CHECK(run.at("argv") == nlohmann::json(command));
  CHECK(run.at("cwd") == box.folder());
  CHECK(run.at("pid") == box.executed().at(0));
  CHECK(run.at("age_seconds") > 0.0);
  CHECK(run.at("callers") == 3);
  CHECK(run.at("state") == "running");
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0, "12345"));
  CHECK(box.list().at("runs").empty());
}

TEST_CASE("A listing of a command that is no UTF-8 is JSON all the same") {
  Sandbox box;
  Started caller =
      box.start(box.puppet({"out", "\xff\xfe", "err", "a\n", "wait-for", box.path("gate")}));
  box.await_callers(1);
  CHECK(box.list().at("runs").size() == 1);
  box.touch("gate");
  CHECK(caller.finish() == exited(0, "\xff\xfe", "a\n"));
}

TEST_CASE("A listing for people keeps control characters of a command from the terminal") {
  Sandbox box;
  Started caller =
      box.start(box.puppet({"out", "\x1b[2J", "err", "one\ntwo", "wait-for", box.path("gate")}));
  box.await_callers(1);
  const Result list = box.run({"--list"});
  CHECK(list.code == 0);
  CHECK(list.err.empty());
  CHECK(list.out.find('\x1b') == std::string::npos);
  CHECK(std::ranges::count(list.out, '\n') == 2);
  CHECK(list.out.find("wait-for") != std::string::npos);
  box.touch("gate");
  CHECK(caller.finish().code == 0);
}

TEST_CASE("Neither listing nor totals show a value of the environment") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"wait-for", box.path("gate")}));
  call.set("TOKEN", "of-great-secrecy");
  Started caller(call);
  box.await_callers(1);
  for (const Words& question :
       {Words{"--list"}, Words{"--list", "--json"}, Words{"--stats"}, Words{"--stats", "--json"}}) {
    CHECK(box.run(question).out.find("of-great-secrecy") == std::string::npos);
  }
  box.touch("gate");
  CHECK(caller.finish() == exited(0));
}

TEST_CASE("Totals add up over calls that shared, ran alone and failed") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate")});
  std::vector<Started> callers;
  for (int n = 0; n < 4; ++n) callers.push_back(box.start(command));
  box.await_callers(4);
  auto stats = box.stats();
  CHECK(stats.at("running") == 1);
  CHECK(stats.at("callers") == 4);
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0));
  CHECK(box.run({"false"}) == exited(1));
  CHECK(box.run({"--no-join", "true"}) == exited(0));
  CHECK(box.run({"-c", "kill -KILL $$"}) == signaled(SIGKILL));
  stats = box.stats();
  CHECK(stats.at("total") == 7);
  CHECK(stats.at("executed") == 4);
  CHECK(stats.at("reduced") == 3);
  CHECK(stats.at("errors") == 2);
  CHECK(stats.at("running") == 0);
  CHECK(stats.at("callers") == 0);
}

TEST_CASE("Time saved is the run's duration for each caller that joined") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate")});
  std::vector<Started> callers;
  for (int n = 0; n < 4; ++n) callers.push_back(box.start(command));
  box.await_callers(4);
  const double age = box.list().at("runs").at(0).at("age_seconds");
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0));
  CHECK(box.stats().at("time_saved_seconds") >= 3 * age);
  const double saved = box.stats().at("time_saved_seconds");
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.stats().at("time_saved_seconds") == saved);
}

TEST_CASE("A run that is being stopped is listed as such and counts as running") {
  Sandbox box;
  Started caller = box.start(
      box.puppet({"ignore", "TERM", "touch", box.path("ready"), "wait-for", box.path("gate")}));
  box.await_file("ready");
  caller.signal(SIGKILL);
  box.await_callers(0);
  CHECK(box.list().at("runs").at(0).at("state") == "stopping");
  CHECK(box.stats().at("running") == 1);
  box.touch("gate");
  CHECK(eventually([&] { return box.stats().at("running") == 0; }));
}

TEST_CASE("Totals for people name what the JSON names") {
  Sandbox box;
  CHECK(box.run({"true"}) == exited(0));
  const Result stats = box.run({"--stats"});
  CHECK(stats.code == 0);
  CHECK(stats.err.empty());
  for (const char* word : {"total", "executed", "reduced", "errors"}) {
    INFO(word);
    CHECK(stats.out.find(word) != std::string::npos);
  }
}

TEST_CASE("A question whose answer cannot be written fails with one line") {
  Sandbox box;
  box.start_daemon();
  Spawn call = box.call({"--stats"});
  call.out = Target::closed();
  const Result result = Started(call).finish();
  CHECK(result.code == 125);
  CHECK(result.err.starts_with("reduce-run: "));
}
