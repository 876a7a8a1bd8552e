// What the numbers mean, how they look, and how they are asked for.

#include <cmath>
#include <ctime>

#include "support/catch.hpp"
#include "support/e2e/events.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

TEST_CASE("Statistics have the keys that others rely on") {
  Sandbox box;
  box.start_daemon();
  const auto stats = box.stats();
  for (const char* key : {"total", "executed", "reduced", "errors", "running", "callers", "direct",
                          "retried", "time_saved_seconds", "cpu_saved_seconds", "since"}) {
    INFO(key);
    CHECK(stats.at(key).is_number());
  }
  CHECK_FALSE(stats.contains("programs"));
  CHECK(std::abs(stats.at("since").get<double>() - static_cast<double>(::time(nullptr))) < 3600);
}

TEST_CASE("What is saved is the run's wall and CPU time, once per caller that joined") {
  Sandbox box;
  box.start_daemon();
  const Words command =
      box.puppet({"wait-for", box.path("gate"), "noise", "1", "100000000", "out"});
  std::list<Started> callers;
  for (int n = 0; n < 4; ++n) {
    Spawn call = box.call(command);
    call.out = Target::file("/dev/null");
    callers.emplace_back(call);
  }
  box.await_callers(4);
  Started reader = box.start({"--events"});
  REQUIRE(eventually([&] { return count_events(reader.out(), "running") == 1; }));
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0));
  REQUIRE(eventually([&] { return count_events(reader.out(), "result") == 1; }));
  const auto result = events_in(reader.out()).back();
  const auto stats = box.stats();
  const double wall = result.at("duration_seconds"), cpu = result.at("cpu_seconds");
  CHECK(cpu > 0);
  CHECK(std::abs(stats.at("time_saved_seconds").get<double>() - 3 * wall) < 1e-6);
  CHECK(std::abs(stats.at("cpu_saved_seconds").get<double>() - 3 * cpu) < 1e-6);
}

TEST_CASE("Programs are told one by one, the most used first") {
  Sandbox box;
  for (int n = 0; n < 3; ++n) CHECK(box.run({"/bin/echo"}) == exited(0, "\n"));
  CHECK(box.run({"false"}) == exited(1));
  CHECK(box.run({"sh", "-c", "exit 0"}) == exited(0));
  CHECK(box.run({"sh", "-c", "exit 1"}) == exited(1));
  const auto programs =
      nlohmann::json::parse(box.run({"--stats=detail", "--json"}).out).at("programs");
  REQUIRE(programs.size() == 3);
  CHECK(programs[0].at("program") == "echo");
  CHECK(programs[0].at("total") == 3);
  CHECK(programs[1].at("program") == "sh");
  CHECK(programs[1].at("errors") == 1);
  CHECK(programs[2].at("program") == "false");
}

TEST_CASE("A program's name keeps its control characters from the terminal") {
  Sandbox box;
  CHECK(box.run({"/bin/\x1b[2Jx"}).code == 127);
  const Result table = box.run({"--stats=detail"});
  CHECK(table.code == 0);
  CHECK(table.out.find('\x1b') == std::string::npos);
}

TEST_CASE("A reset prints what there was and counts from 0") {
  Sandbox box;
  CHECK(box.run({"true"}) == exited(0));
  const double since = box.stats().at("since");
  const auto before = nlohmann::json::parse(box.run({"--stats=detail", "--json", "--reset"}).out);
  CHECK(before.at("total") == 1);
  CHECK(before.at("programs").size() == 1);
  CHECK(before.at("since") == since);
  const auto after = nlohmann::json::parse(box.run({"--stats=detail", "--json"}).out);
  CHECK(after.at("total") == 0);
  CHECK(after.at("executed") == 0);
  CHECK(after.at("programs").empty());
  CHECK(after.at("since") > since);
}

TEST_CASE("Calls that the daemon sends away are counted and run all the same") {
  Sandbox box;
  box.start_daemon({"--max-runs", "1"});
  Started first = box.start(box.puppet({"wait-for", box.path("gate")}));
  box.await_callers(1);
  const Result second = box.run({"echo", "hi"});
  CHECK(second.code == 0);
  CHECK(second.out == "hi\n");
  CHECK(is_own_line(second.err));
  box.touch("gate");
  CHECK(first.finish() == exited(0));
  CHECK(box.stats().at("direct") == 1);
  CHECK(box.stats().at("total") == 2);
  CHECK(box.stats().at("executed") == 1);
}

TEST_CASE("Questions that make no sense are refused in one line") {
  Sandbox box;
  const Words words = GENERATE(
      Words{"--stats=foo"}, Words{"--stats="}, Words{"--prometheus"},
      Words{"--list", "--prometheus"}, Words{"--stats", "--json", "--prometheus"}, Words{"--reset"},
      Words{"--list", "--reset"}, Words{"--events", "--reset"}, Words{"--stats", "--events"},
      Words{"--events", "true"}, Words{"--stats", "true"}, Words{"--reset", "true"},
      Words{"--prometheus", "true"}, Words{"--events=x"}, Words{"--json"}, Words{"--json", "true"});
  INFO(words[0]);
  const Result refused = box.run(words);
  CHECK(refused.code == 125);
  CHECK(refused.out.empty());
  CHECK(is_own_line(refused.err));
  CHECK(box.daemons().empty());
}
