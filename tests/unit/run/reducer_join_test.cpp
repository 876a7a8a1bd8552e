#include <csignal>
#include <memory>
#include <vector>

#include "support/bench.hpp"
#include "support/catch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

TEST_CASE("a call of an identity that is not in flight starts a run of its command") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a", TestCommand({"make", "-j", ""})));
  REQUIRE(bench.launcher.count() == 1);
  CHECK(bench.process().args() == Strings{"make", "-j", ""});
  CHECK(caller.role() == Role::started);
  CHECK(caller.run()->id() == bench.process().run());
  CHECK(caller.run()->pid() == bench.process().pid());
  CHECK(caller.run()->identity() == "a");
  CHECK(bench.reducer.running() == 1);
  CHECK(bench.reducer.callers() == 1);
}

TEST_CASE("a call of an identity in flight joins its run") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  REQUIRE(first.ask("a"));
  bench.clock.advance(3s);
  REQUIRE(second.ask("a"));
  REQUIRE(third.ask("a"));
  CHECK(bench.launcher.attempts() == 1);
  CHECK(second.run() == first.run());
  CHECK(third.run() == first.run());
  CHECK(first.role() == Role::started);
  CHECK(second.role() == Role::joined);
  CHECK(first.age_at_join() == 0s);
  CHECK(second.age_at_join() == 3s);
  CHECK(first.run()->served() == 3);
  CHECK(bench.reducer.running() == 1);
  CHECK(bench.reducer.callers() == 3);
}

TEST_CASE("different identities have runs of their own") {
  Bench bench;
  std::vector<std::unique_ptr<FakeCaller>> callers;
  for (const char* identity : {"", "a", "b", "aa"}) {
    callers.push_back(std::make_unique<FakeCaller>(bench.reducer));
    REQUIRE(callers.back()->ask(identity));
  }
  // Identities are bytes, compared whole.
  callers.push_back(std::make_unique<FakeCaller>(bench.reducer));
  REQUIRE(callers.back()->ask(std::string("a\0b", 3)));
  CHECK(bench.launcher.count() == 5);
  CHECK(bench.reducer.running() == 5);
}

TEST_CASE("every caller gets all output and the end however late it joined") {
  Bench bench;
  FakeCaller first(bench.reducer), middle(bench.reducer), late(bench.reducer);
  REQUIRE(first.ask("a"));
  bench.process().out("one ");
  bench.process().err("TWO ");
  CHECK(first.all() == "one TWO ");
  REQUIRE(middle.ask("a"));
  CHECK(middle.all() == "one TWO ");
  bench.process().out("three");
  REQUIRE(late.ask("a"));
  for (const FakeCaller* caller : {&first, &middle, &late}) {
    CHECK(caller->out() == "one three");
    CHECK(caller->err() == "TWO ");
    CHECK_FALSE(caller->outcome());
  }
  bench.process().exit(7);
  for (const FakeCaller* caller : {&first, &middle, &late}) {
    CHECK(caller->outcome() == Outcome(Exited{7}));
    CHECK(caller->all() == "one TWO three");
    CHECK_FALSE(caller->is_waiting());
  }
  CHECK(bench.reducer.is_idle());
}

TEST_CASE("output that the process left in its pipe comes before the outcome") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  bench.process().put(Stream::out, "last words");
  bench.process().put(Stream::err, "LAST COMPLAINT");
  CHECK(caller.all().empty());
  bench.process().die(SIGABRT);
  CHECK(caller.out() == "last words");
  CHECK(caller.err() == "LAST COMPLAINT");
  CHECK(caller.outcome() == Outcome(Signaled{SIGABRT}));
}

TEST_CASE("after the end the same call starts a new run") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer);
  REQUIRE(first.ask("a"));
  bench.process().out("old");
  bench.process().exit(0);
  REQUIRE(second.ask("a"));
  CHECK(bench.launcher.count() == 2);
  CHECK(second.role() == Role::started);
  CHECK(second.run()->id() != bench.process(0).run());
  CHECK(second.all().empty());
  bench.process(1).out("new");
  bench.process(1).exit(1);
  CHECK(second.all() == "new");
  CHECK(second.outcome() == Outcome(Exited{1}));
  CHECK(first.all() == "old");
  CHECK(first.outcome() == Outcome(Exited{0}));
}

TEST_CASE("whoever learns of an outcome and asks again at once gets a new run") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer);
  FakeCaller again(bench.reducer), also(bench.reducer);
  first.at_outcome = [&](FakeCaller&) { CHECK(again.ask("a")); };
  second.at_outcome = [&](FakeCaller&) { CHECK(also.ask("a")); };
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  const RunId old = first.run()->id();
  bench.process(0).exit(0);

  REQUIRE(bench.launcher.count() == 2);
  REQUIRE(again.is_waiting());
  CHECK(again.run()->id() != old);
  CHECK(again.run()->state() == Run::State::running);
  CHECK(again.role() == Role::started);
  CHECK(also.run() == again.run());
  CHECK(also.role() == Role::joined);
  // The end of the old run took nothing of the new one along.
  FakeCaller later(bench.reducer);
  REQUIRE(later.ask("a"));
  CHECK(later.run() == again.run());
  bench.process(1).exit(3);
  CHECK(again.outcome() == Outcome(Exited{3}));
  CHECK(later.outcome() == Outcome(Exited{3}));
  CHECK(bench.reducer.is_idle());
}

TEST_CASE("the same caller may ask again from within its own outcome") {
  Bench bench;
  FakeCaller caller(bench.reducer);
  caller.at_outcome = [&](FakeCaller& self) {
    self.at_outcome = nullptr;
    CHECK(self.ask("a"));
  };
  REQUIRE(caller.ask("a"));
  bench.process(0).exit(0);
  REQUIRE(bench.launcher.count() == 2);
  CHECK(caller.is_waiting());
  bench.process(1).out("again");
  bench.process(1).exit(4);
  CHECK(caller.outcome() == Outcome(Exited{4}));
  CHECK(caller.all() == "again");
}

TEST_CASE("a caller that joins while output is being told misses nothing and doubles nothing") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer), nested(bench.reducer);
  first.at_output = [&](FakeCaller&) {
    if (!nested.is_waiting()) CHECK(nested.ask("a"));
  };
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  bench.process().out("one");
  bench.process().out("two");
  bench.process().exit(0);
  CHECK(bench.launcher.count() == 1);
  for (const FakeCaller* caller : {&first, &second, &nested}) {
    CHECK(caller->out() == "onetwo");
    CHECK(caller->outcome() == Outcome(Exited{0}));
  }
}

TEST_CASE("no_join neither joins nor is joined") {
  Bench bench;
  FakeCaller shared(bench.reducer), alone(bench.reducer), other_alone(bench.reducer);
  FakeCaller joiner(bench.reducer);
  REQUIRE(alone.ask("a", TestCommand::unshared()));
  REQUIRE(shared.ask("a"));
  REQUIRE(other_alone.ask("a", TestCommand::unshared()));
  REQUIRE(joiner.ask("a"));
  CHECK(bench.launcher.count() == 3);
  CHECK(alone.role() == Role::started);
  CHECK(shared.role() == Role::started);
  CHECK(other_alone.role() == Role::started);
  CHECK(joiner.run() == shared.run());
  CHECK(alone.run()->served() == 1);

  // The end of an unshared run does not take away the one in flight.
  bench.process(0).out("mine");
  bench.process(0).exit(9);
  CHECK(alone.outcome() == Outcome(Exited{9}));
  CHECK(alone.out() == "mine");
  other_alone.leave();
  FakeCaller late(bench.reducer);
  REQUIRE(late.ask("a"));
  CHECK(late.run() == shared.run());
}

TEST_CASE("where launching fails the caller gets the failure and no entry stays") {
  const Outcome failure = GENERATE(Outcome(NotExecuted{2}), Outcome(NotExecuted{13}),
                                   Outcome(Broken{"out of descriptors"}));
  Bench bench;
  bench.launcher.fail_with(failure);
  for (int round = 1; round <= 2; ++round) {
    FakeCaller caller(bench.reducer);
    REQUIRE(caller.ask("a"));
    CHECK_FALSE(caller.is_waiting());
    CHECK(caller.outcome() == failure);
    CHECK(caller.never_ran() == std::holds_alternative<Broken>(failure));
    CHECK(caller.all().empty());
    CHECK(bench.launcher.attempts() == static_cast<std::size_t>(round));
    CHECK(bench.reducer.running() == 0);
    CHECK(bench.reducer.callers() == 0);
    CHECK(bench.reducer.is_idle());
  }
  bench.launcher.fail_with(std::nullopt);
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  CHECK(caller.is_waiting());
  bench.process().exit(0);
  CHECK(caller.outcome() == Outcome(Exited{0}));
  CHECK(bench.totals().errors == 2);
}

TEST_CASE("where only a later try cannot be launched, the command did run") {
  Bench bench;
  TestCommand command;
  command.options.retries = 1;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a", command));
  bench.launcher.fail_with(Broken{"out of descriptors"});
  bench.process().exit(1);
  bench.clock.advance(std::chrono::seconds(1));
  CHECK(caller.outcome() == Outcome(Broken{"out of descriptors"}));
  CHECK_FALSE(caller.never_ran());
}

TEST_CASE("what was executed for a moment did run") {
  Bench bench;
  bench.launcher.fail_with(LaunchFailure{Broken{"cannot be watched"}, true});
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  CHECK(caller.outcome() == Outcome(Broken{"cannot be watched"}));
  CHECK_FALSE(caller.never_ran());
}

TEST_CASE("a shortage lets go of what is held, and launching is tried again") {
  const bool holds = GENERATE(false, true);
  CAPTURE(holds);
  Bench bench;
  TestCommand lasting;
  lasting.options.ttl = std::chrono::hours(1);
  FakeCaller before(bench.reducer);
  REQUIRE(before.ask("old", holds ? lasting : TestCommand()));
  bench.process().exit(0);
  bench.launcher.fail_with(LaunchFailure{Broken{"no descriptors"}, false, true});
  bench.launcher.at_launch = [&](RunId, const auto&) { bench.launcher.fail_with(std::nullopt); };
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  CHECK(caller.is_waiting() == holds);
  CHECK(bench.launcher.attempts() == (holds ? 3U : 2U));
  if (!holds) CHECK(caller.never_ran());
  FakeCaller again(bench.reducer);
  REQUIRE(again.ask("old", lasting));
  CHECK(again.role() == Role::started);
}

TEST_CASE("no more ended runs are held than may be in flight, and the oldest goes first") {
  Bench bench({.runs = 3});
  TestCommand lasting;
  lasting.options.ttl = std::chrono::hours(1);
  for (const char* name : {"a", "b", "c", "d"}) {
    FakeCaller caller(bench.reducer);
    REQUIRE(caller.ask(name, lasting));
    bench.launcher.last()->exit(0);
  }
  for (const char* name : {"b", "c", "d"}) {
    FakeCaller caller(bench.reducer);
    REQUIRE(caller.ask(name, lasting));
    CHECK(caller.role() == Role::joined);
  }
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a", lasting));
  CHECK(caller.role() == Role::started);
}

TEST_CASE("whoever learns of a failed launch and asks again at once gets a new attempt") {
  Bench bench;
  bench.launcher.fail_with(NotExecuted{2});
  FakeCaller first(bench.reducer), again(bench.reducer);
  first.at_outcome = [&](FakeCaller&) {
    bench.launcher.fail_with(std::nullopt);
    CHECK(again.ask("a"));
  };
  REQUIRE(first.ask("a"));
  CHECK(bench.launcher.attempts() == 2);
  REQUIRE(again.is_waiting());
  CHECK(again.role() == Role::started);
  FakeCaller joiner(bench.reducer);
  REQUIRE(joiner.ask("a"));
  CHECK(joiner.run() == again.run());
}

TEST_CASE("a call over the limit of runs is refused and a join is not") {
  Bench bench({.runs = 2});
  FakeCaller a(bench.reducer), b(bench.reducer), over(bench.reducer), joiner(bench.reducer);
  REQUIRE(a.ask("a"));
  REQUIRE(b.ask("b", TestCommand::unshared()));
  CHECK_FALSE(over.ask("c"));
  CHECK_FALSE(over.ask("a", TestCommand::unshared()));
  CHECK_FALSE(over.is_waiting());
  CHECK(bench.launcher.attempts() == 2);
  CHECK(bench.totals().total == 2);
  REQUIRE(joiner.ask("a"));
  CHECK(joiner.run() == a.run());
  bench.process(1).exit(0);
  REQUIRE(over.ask("c"));
  CHECK(bench.launcher.count() == 3);
}

TEST_CASE("the runs in flight are listed until their outcome is there") {
  Bench bench;
  FakeCaller a(bench.reducer), b(bench.reducer);
  REQUIRE(a.ask("a"));
  REQUIRE(b.ask("b"));
  const auto listed = [&] {
    std::string identities;
    bench.reducer.for_each_run([&](const Run& run) { identities += run.identity(); });
    return identities;
  };
  CHECK(listed() == "ab");
  a.leave();
  CHECK(listed() == "ab");  // being stopped
  bench.process(0).die(SIGTERM);
  CHECK(listed() == "b");
  bench.process(1).exit(0);
  CHECK(listed().empty());
}
