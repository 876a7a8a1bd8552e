// Statistics by program, and what is counted beside the four numbers.

#include <memory>
#include <numeric>

#include "hooks/statistics_file.hpp"
#include "support/bench.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

namespace {

TestCommand command_of(const std::string& program) {
  return TestCommand({program, "argument"});
}

/// A run from its start to its end with exit 0.
void run_once(Bench& bench, const std::string& program) {
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask(program, command_of(program)));
  bench.launcher.last()->exit(0);
  bench.launcher.forget();
}

std::uint64_t sum_of_totals(const Statistics::Programs& programs) {
  return std::accumulate(programs.begin(), programs.end(), std::uint64_t{0},
                         [](auto sum, const auto& program) { return sum + program.second.total; });
}

}  // namespace

TEST_CASE("each program is counted by the name of its file") {
  Bench bench;
  run_once(bench, "/usr/bin/one");
  run_once(bench, "one");
  run_once(bench, "./two");
  bench.launcher.fail_with(NotExecuted{2});
  FakeCaller failed(bench.reducer);
  REQUIRE(failed.ask("x", command_of("two")));
  const auto& programs = bench.statistics.record().programs;
  REQUIRE(programs.size() == 2);
  CHECK(programs.at("one").total == 2);
  CHECK(programs.at("one").errors == 0);
  CHECK(programs.at("two").total == 2);
  CHECK(programs.at("two").executed == 2);
  CHECK(programs.at("two").errors == 1);
  CHECK(bench.totals().total == 4);
}

TEST_CASE("the number of programs that are counted one by one is bounded") {
  Bench bench;
  for (int number = 0; number < 1010; ++number) run_once(bench, std::to_string(number));
  const auto& programs = bench.statistics.record().programs;
  CHECK(programs.size() <= 1001);
  CHECK(programs.at("(others)").total == 10);
  CHECK(bench.totals().total == 1010);
  CHECK(sum_of_totals(programs) == 1010);
  run_once(bench, "0");
  CHECK(programs.at("0").total == 2);
}

TEST_CASE("names of programs may be long: what is kept is understood all the same") {
  Bench bench;
  ScratchFolder folder;
  for (int number = 0; number < 100; ++number) {
    run_once(bench, std::to_string(number) + std::string(60'000, '\x01'));
  }
  REQUIRE(save_statistics(folder / "file", bench.statistics.record()).has_value());
  const auto kept = load_statistics(folder / "file");
  REQUIRE(kept.has_value());
  REQUIRE(kept->has_value());
  CHECK((*kept)->totals == bench.totals());
  CHECK(sum_of_totals((*kept)->programs) == 100);
}

TEST_CASE("a private call is counted as its program's") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  TestCommand command({"/opt/program", "confidential"});
  command.options.is_private = true;
  REQUIRE(caller.ask("a", command));
  const auto& programs = bench.statistics.record().programs;
  REQUIRE(programs.size() == 1);
  CHECK(programs.begin()->first == "program");
  CHECK(programs.begin()->second.total == 1);
}

TEST_CASE("a run that ends in the queue is cancelled, not executed") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer);
  TestCommand fresh;
  fresh.options.fresh = true;
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a", fresh));
  second.leave();
  bench.process().exit(0);
  CHECK(bench.totals().total == 2);
  CHECK(bench.totals().executed == 1);
  CHECK(bench.totals().cancelled == 1);
  CHECK(bench.totals().errors == 0);
}

TEST_CASE("tries after the first, lost patience and calls sent away have numbers of their own") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  TestCommand command = command_of("program");
  command.options.retries = 2;
  REQUIRE(caller.ask("a", command));
  bench.process(0).exit(1);
  bench.clock.advance(1s);
  bench.process(1).exit(1);
  bench.clock.advance(1s);
  CHECK(bench.totals().retried == 2);
  CHECK(bench.totals().errors == 0);
  bench.hooks.tire(*caller.run(), caller);
  CHECK(bench.totals().wait_timeouts == 1);
  bench.process(2).exit(1);
  CHECK(bench.totals().errors == 1);
  bench.hooks.decline(command.view(), command.place(), "a reason");
  CHECK(bench.totals().direct == 1);
  CHECK(bench.totals().total == 2);
  CHECK(bench.totals().executed == 1);
  CHECK(bench.statistics.record().programs.at("program") == bench.totals());
}

TEST_CASE("what was counted since it was kept is known by itself") {
  Bench bench;
  run_once(bench, "a");
  auto kept = bench.statistics.record();
  kept.totals.total += 5;
  bench.statistics.resume(kept);
  CHECK(bench.totals().total == 6);
  CHECK(bench.statistics.unkept().totals == Counts());
  run_once(bench, "b");
  CHECK(bench.totals().total == 7);
  CHECK(bench.statistics.unkept().totals.total == 1);
  CHECK(bench.statistics.unkept().programs.at("b").total == 1);
  CHECK(bench.statistics.unkept().programs.size() == 1);
  kept.add(bench.statistics.unkept());
  CHECK(kept.totals == bench.totals());
  CHECK(kept.programs == bench.statistics.record().programs);
}

TEST_CASE("the number of programs stays bounded where counts of others are added") {
  Statistics::Record sum;
  for (int daemon = 0; daemon < 3; ++daemon) {
    Statistics::Record more;
    for (int number = 0; number < 900; ++number) {
      more.program(std::to_string(daemon) + "-" + std::to_string(number)).total = 1;
    }
    more.totals.total = 900;
    sum.add(more);
  }
  CHECK(sum.totals.total == 2700);
  CHECK(sum.programs.size() <= 1001);
  CHECK(sum_of_totals(sum.programs) == 2700);
}

TEST_CASE("counting anew begins at 0 and now") {
  Bench bench;
  run_once(bench, "a");
  const double since = bench.statistics.record().since;
  bench.statistics.resume(bench.statistics.record());
  CHECK_FALSE(bench.statistics.has_unkept());
  bench.clock.advance(5s);
  bench.statistics.reset();
  CHECK(bench.totals() == Counts());
  CHECK(bench.statistics.record().programs.empty());
  CHECK(bench.statistics.record().since == since + 5);
  CHECK(bench.statistics.has_unkept());
}

TEST_CASE("a run that goes on while counting begins anew is counted as it ends") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  bench.statistics.reset();
  bench.clock.advance(3s);
  bench.process().exit(1);
  CHECK(bench.totals().errors == 1);
  CHECK(bench.totals().time_saved == 3s);
  CHECK(bench.totals().total == 0);
}
