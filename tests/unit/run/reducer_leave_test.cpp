#include <csignal>

#include "support/bench.hpp"
#include "support/catch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

using Signals = std::vector<int>;

TEST_CASE("one of two callers leaving changes nothing for the other") {
  const bool starter_leaves = GENERATE(true, false);
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  bench.process().out("one ");
  FakeCaller& gone = starter_leaves ? first : second;
  FakeCaller& stays = starter_leaves ? second : first;
  gone.leave();
  CHECK(bench.process().signals().empty());
  CHECK(bench.clock.pending() == 0);
  CHECK(stays.run()->state() == Run::State::running);
  REQUIRE(third.ask("a"));
  CHECK(third.run() == stays.run());
  bench.process().out("two");
  bench.process().exit(0);
  CHECK(stays.out() == "one two");
  CHECK(third.out() == "one two");
  CHECK(stays.outcome() == Outcome(Exited{0}));
  CHECK(gone.out() == "one ");
  CHECK_FALSE(gone.outcome());
}

TEST_CASE("the last caller leaving stops the run with SIGTERM and after the grace SIGKILL") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  second.leave();
  first.leave();
  CHECK(bench.process().signals() == Signals{SIGTERM});
  CHECK(bench.reducer.callers() == 0);
  CHECK(bench.reducer.running() == 1);
  bench.clock.advance(5s - 1ns);
  CHECK(bench.process().signals() == Signals{SIGTERM});
  bench.clock.advance(1ns);
  CHECK(bench.process().signals() == Signals{SIGTERM, SIGKILL});
  CHECK_FALSE(bench.process().is_released());
  bench.process().die(SIGKILL);
  CHECK(bench.process().is_released());
  CHECK_FALSE(bench.process().was_abandoned());
  CHECK(bench.reducer.is_idle());
  CHECK(bench.clock.pending() == 0);
}

TEST_CASE("nobody joins a run that is being stopped") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  REQUIRE(first.ask("a"));
  bench.process(0).out("old");
  first.leave();
  REQUIRE(second.ask("a"));
  CHECK(bench.launcher.count() == 2);
  CHECK(second.role() == Role::started);
  CHECK(second.all().empty());
  // The stopped run's end leaves the new one in the table.
  bench.process(0).die(SIGTERM);
  bench.clock.advance(5s);
  REQUIRE(third.ask("a"));
  CHECK(third.run() == second.run());
  bench.process(1).out("new");
  bench.process(1).exit(0);
  CHECK(second.out() == "new");
  CHECK(third.out() == "new");
  CHECK(bench.process(1).signals().empty());
}

TEST_CASE("what is left of the group is killed after the grace where the leader ended before") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  caller.leave();
  bench.clock.advance(1s);
  bench.process().die(SIGTERM);
  CHECK(bench.reducer.running() == 0);
  CHECK_FALSE(bench.reducer.is_idle());
  CHECK_FALSE(bench.process().is_released());
  bench.clock.advance(4s - 1ns);
  CHECK(bench.process().signals() == Signals{SIGTERM});
  bench.clock.advance(1ns);
  CHECK(bench.process().signals() == Signals{SIGTERM, SIGKILL});
  CHECK(bench.process().is_released());
  CHECK(bench.reducer.is_idle());
}

TEST_CASE("a run that ended by itself is let go at once and never signalled") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  bench.process().exit(0);
  CHECK(bench.process().is_released());
  CHECK(bench.process().signals().empty());
  CHECK(bench.clock.pending() == 0);
  CHECK(bench.reducer.is_idle());
}

TEST_CASE("a caller that leaves amid its own output does so alone") {
  Bench bench;
  FakeCaller head(bench.reducer), stays(bench.reducer);
  head.at_output = [](FakeCaller& self) {
    if (self.out().size() >= 3) self.leave();
  };
  REQUIRE(head.ask("a"));
  REQUIRE(stays.ask("a"));
  bench.process().out("one");
  CHECK_FALSE(head.is_waiting());
  bench.process().out("two");
  CHECK(bench.process().signals().empty());
  bench.process().exit(0);
  CHECK(head.out() == "one");
  CHECK(stays.out() == "onetwo");
}

TEST_CASE("the only caller that leaves amid its own output takes its run with it") {
  Bench bench;
  FakeCaller head(bench.reducer), next(bench.reducer);
  head.at_output = [](FakeCaller& self) { self.leave(); };
  REQUIRE(head.ask("a"));
  bench.process(0).out("one");
  CHECK(bench.process(0).signals() == Signals{SIGTERM});
  REQUIRE(next.ask("a"));
  CHECK(bench.launcher.count() == 2);
  // What it goes on to write is taken from it, so that it can end.
  CHECK(bench.process(0).out("more"));
  bench.process(0).exit(0);
  CHECK(next.all().empty());
}

TEST_CASE("a slow caller delays nobody and gets everything in the end") {
  Bench bench({}, tiny_segments());
  FakeCaller slow(bench.reducer), prompt(bench.reducer), fresh(bench.reducer);
  slow.be_slow();
  REQUIRE(slow.ask("a"));
  REQUIRE(prompt.ask("a"));
  std::string expected;
  for (int line = 0; line < 40; ++line) {
    const std::string text = "line " + std::to_string(line) + "\n";
    bench.process(0).write(line % 3 == 0 ? Stream::err : Stream::out, text);
    expected += text;
    REQUIRE(prompt.all() == expected);
  }
  bench.process(0).exit(5);
  CHECK(prompt.outcome() == Outcome(Exited{5}));
  CHECK_FALSE(slow.outcome());
  CHECK(bench.reducer.running() == 0);
  REQUIRE(fresh.ask("a"));
  CHECK(bench.launcher.count() == 2);

  CHECK(slow.all().empty());
  for (int notice = 0; notice < 1000 && slow.is_waiting(); ++notice) slow.catch_up();
  CHECK(slow.all() == expected);
  CHECK(slow.outcome() == Outcome(Exited{5}));
  CHECK(slow.out() == prompt.out());
  CHECK(slow.err() == prompt.err());
}

TEST_CASE("a slow caller that leaves after the end stops nothing") {
  Bench bench({}, tiny_segments());
  FakeCaller slow(bench.reducer);
  slow.be_slow();
  REQUIRE(slow.ask("a"));
  bench.process().out("more than fits in one segment of this spool");
  bench.process().exit(0);
  REQUIRE(slow.is_waiting());
  CHECK(bench.reducer.callers() == 1);
  slow.leave();
  CHECK(bench.process().signals().empty());
  CHECK(bench.reducer.callers() == 0);
  CHECK(bench.clock.pending() == 0);
}

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
  settings.folder = "/nonexistent/spools";
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
    CHECK(std::get<Broken>(*caller->outcome()).reason.find("/nonexistent/spools") !=
          std::string::npos);
    CHECK(caller->out() == "more than fits i");
  }
  CHECK(bench.totals().errors == 1);
}

TEST_CASE("a waiting caller that cannot end at once is told of the outcome once") {
  struct Unmoved final : Caller {
    void progress() override { ++told; }
    int told = 0;
  };
  Bench bench;
  Unmoved caller;
  const TestCommand command;
  REQUIRE(bench.reducer.apply("a", command.view(), command.place(), caller));
  caller.run()->wait_for_more(caller);
  bench.process().exit(0);
  CHECK(caller.told == 1);
  bench.reducer.leave(caller);
}
