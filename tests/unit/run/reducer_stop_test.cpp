#include <csignal>

#include "support/bench.hpp"
#include "support/catch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

using Signals = std::vector<int>;

TEST_CASE("the signal of the only caller goes to the run and the caller stays for the end") {
  Bench bench;
  FakeCaller caller(bench.reducer), next(bench.reducer);
  REQUIRE(caller.ask("a"));
  CHECK(caller.pass_signal(SIGINT));
  CHECK(bench.process(0).signals() == Signals{SIGINT});
  CHECK(caller.is_waiting());
  CHECK(bench.clock.pending() == 0);
  // Nobody joins what is about to end.
  REQUIRE(next.ask("a"));
  CHECK(bench.launcher.count() == 2);
  bench.process(0).out("goodbye");
  bench.process(0).die(SIGINT);
  CHECK(caller.out() == "goodbye");
  CHECK(caller.outcome() == Outcome(Signaled{SIGINT}));
  CHECK(bench.process(1).signals().empty());
  CHECK(next.is_waiting());
}

TEST_CASE("a caller that passed a signal and then leaves stops the run") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  REQUIRE(caller.pass_signal(SIGINT));
  caller.leave();
  CHECK(bench.process().signals() == Signals{SIGINT, SIGTERM});
  bench.clock.advance(5s);
  CHECK(bench.process().signals() == Signals{SIGINT, SIGTERM, SIGKILL});
}

TEST_CASE("the signal of one caller of several is not passed and the run is still joined") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  CHECK_FALSE(first.pass_signal(SIGINT));
  first.leave();
  CHECK(bench.process().signals().empty());
  REQUIRE(third.ask("a"));
  CHECK(third.run() == second.run());
  third.leave();
  // It is alone again.
  CHECK(second.pass_signal(SIGQUIT));
  CHECK(bench.process().signals() == Signals{SIGQUIT});
}

TEST_CASE("a signal comes too late for a run that has ended") {
  Bench bench({}, tiny_segments());
  FakeCaller slow(bench.reducer);
  slow.be_slow();
  REQUIRE(slow.ask("a"));
  bench.process().out("more than fits in one segment of this spool");
  bench.process().exit(0);
  REQUIRE(slow.is_waiting());
  CHECK_FALSE(slow.pass_signal(SIGINT));
  CHECK(bench.process().signals().empty());
}

TEST_CASE("stopping all runs ends each of them once and takes them from the table") {
  Bench bench;
  FakeCaller a(bench.reducer), b(bench.reducer), c(bench.reducer), next(bench.reducer);
  REQUIRE(a.ask("a"));
  REQUIRE(b.ask("b", TestCommand::unshared()));
  REQUIRE(c.ask("c"));
  c.leave();
  bench.reducer.stop_all();
  bench.reducer.stop_all();
  for (std::size_t i = 0; i < 3; ++i) CHECK(bench.process(i).signals() == Signals{SIGTERM});
  REQUIRE(next.ask("a"));
  CHECK(bench.launcher.count() == 4);
  bench.process(0).out("last");
  bench.process(0).die(SIGTERM);
  CHECK(a.out() == "last");
  CHECK(a.outcome() == Outcome(Signaled{SIGTERM}));
  bench.clock.advance(5s);
  CHECK(bench.process(1).signals() == Signals{SIGTERM, SIGKILL});
  bench.process(1).die(SIGKILL);
  CHECK(b.outcome() == Outcome(Signaled{SIGKILL}));
  bench.process(2).die(SIGKILL);
  CHECK(bench.reducer.running() == 1);
  next.leave();
  bench.process(3).exit(0);
  bench.clock.advance(5s);
  CHECK(bench.reducer.is_idle());
}

TEST_CASE("stopping all runs leaves alone the one that has ended within its grace") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  caller.leave();
  bench.process().die(SIGTERM);
  REQUIRE_FALSE(bench.reducer.is_idle());
  bench.reducer.stop_all();
  CHECK(bench.reducer.running() == 0);
  CHECK(bench.process().signals() == Signals{SIGTERM});
  bench.clock.advance(5s);
  CHECK(bench.reducer.is_idle());
}

TEST_CASE("stopping all runs starts none that was queued") {
  Bench bench;
  FakeCaller first(bench.reducer), fresh(bench.reducer);
  TestCommand command;
  command.options.retries = 1;
  REQUIRE(first.ask("a", command));
  command.options.fresh = true;
  REQUIRE(fresh.ask("a", command));
  // Between its tries it ends at once.
  bench.process().exit(1);
  bench.reducer.stop_all();
  CHECK(first.outcome() == Outcome(Signaled{SIGTERM}));
  REQUIRE(fresh.outcome());
  CHECK(std::holds_alternative<Broken>(*fresh.outcome()));
  // It was not to run.
  CHECK_FALSE(fresh.never_ran());
  CHECK(bench.launcher.attempts() == 1);
  CHECK(bench.reducer.is_idle());
}

TEST_CASE("a reducer that goes lets go of processes that still run") {
  std::shared_ptr<ScriptedProcess> process;
  {
    Bench bench;
    FakeCaller caller(bench.reducer);
    REQUIRE(caller.ask("a"));
    process = bench.launcher.last();
    caller.leave();
  }
  CHECK(process->was_abandoned());
}

TEST_CASE("output that cannot be kept stops the run and breaks its outcome") {
  SegmentStore::Settings settings = tiny_segments();
  settings.folder = impossible_folder();
  Bench bench({}, settings);
  FakeCaller first(bench.reducer), second(bench.reducer), next(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  CHECK_FALSE(bench.process(0).out("more than fits in the first segment"));
  CHECK(bench.process(0).signals() == Signals{SIGTERM});
  REQUIRE(next.ask("a"));
  CHECK(bench.launcher.count() == 2);
  bench.process(0).exit(0);
  for (const FakeCaller* caller : {&first, &second}) {
    REQUIRE(caller->outcome());
    REQUIRE(std::holds_alternative<Broken>(*caller->outcome()));
    CHECK(std::get<Broken>(*caller->outcome()).reason.find(settings.folder) != std::string::npos);
    CHECK(caller->out() == "more than fits i");
  }
  CHECK(bench.totals().errors == 1);
}

TEST_CASE("a waiting caller that cannot end at once is told of the outcome once") {
  struct Unmoved final : Caller {
    void progress() override { ++told; }
    void dismiss(const std::string&) override {}
    int told = 0;
  };
  Bench bench;
  Unmoved caller;
  const TestCommand command;
  Place place = command.place();
  REQUIRE(bench.reducer.apply("a", command.view(), place, caller));
  caller.run()->wait_for_more(caller);
  bench.process().exit(0);
  CHECK(caller.told == 1);
  bench.reducer.leave(caller);
}
