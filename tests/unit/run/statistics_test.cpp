#include "hooks/statistics.hpp"

#include <csignal>
#include <memory>
#include <stdexcept>
#include <vector>

#include "support/bench.hpp"
#include "support/catch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

namespace {

struct ThrowingHook final : Hooks {
  [[noreturn]] static void fail() { throw std::runtime_error("a hook's own fault"); }
  void apply(const Run&) override { fail(); }
  void execute(const Run&) override { fail(); }
  void reduce(const Run&, const Caller&) override { fail(); }
  void result(const Run&) override { fail(); }
  void error(const Run&) override { fail(); }
};

/// Writes down what it is told.
struct NotingHook final : Hooks {
  void apply(const Run& run) override { notes += "apply " + run.identity() + "\n"; }
  void execute(const Run& run) override { notes += "execute " + number(run) + "\n"; }
  void reduce(const Run& run, const Caller& caller) override {
    notes += "reduce " + number(run) + (caller.role() == Role::joined ? " joined\n" : " ?\n");
  }
  void result(const Run& run) override { notes += "result " + number(run) + "\n"; }
  void error(const Run& run) override { notes += "error " + number(run) + "\n"; }
  static std::string number(const Run& run) { return std::to_string(run.id()); }
  std::string notes;
};

}  // namespace

TEST_CASE("calls add up to executed and reduced ones") {
  Bench bench;
  std::vector<std::unique_ptr<FakeCaller>> callers;
  const auto ask = [&](const char* identity, bool unshared = false) {
    callers.push_back(std::make_unique<FakeCaller>(bench.reducer));
    REQUIRE(callers.back()->ask(identity, unshared ? TestCommand::unshared() : TestCommand()));
  };
  for (int i = 0; i < 5; ++i) ask("a");
  for (int i = 0; i < 2; ++i) ask("b");
  ask("a", true);
  bench.launcher.fail_with(NotExecuted{2});
  ask("c");
  CHECK(bench.totals().total == 9);
  CHECK(bench.totals().executed == 4);
  CHECK(bench.totals().reduced == 5);
  CHECK(bench.totals().errors == 1);
  bench.process(0).exit(0);
  bench.process(1).exit(1);
  bench.process(2).die(SIGSEGV);
  CHECK(bench.totals().errors == 3);
  CHECK(bench.totals().total == bench.totals().executed + bench.totals().reduced);
}

TEST_CASE("time saved is each run's duration once per caller that joined it") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  FakeCaller alone(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(alone.ask("b"));
  bench.clock.advance(2s);
  REQUIRE(second.ask("a"));
  bench.clock.advance(1s);
  REQUIRE(third.ask("a"));
  third.leave();
  bench.clock.advance(1s);
  bench.process(0).end({Exited{0}, 700ms});
  bench.process(1).end({Exited{1}, 100ms});
  CHECK(bench.totals().time_saved == 8s);
  CHECK(bench.totals().cpu_saved == 1400ms);
}

TEST_CASE("who shares a held result at its own end counts once") {
  Bench bench;
  FakeCaller first(bench.reducer), second(bench.reducer);
  TestCommand command;
  command.options.ttl = 10s;
  first.at_outcome = [&](FakeCaller&) { REQUIRE(second.ask("a", command)); };
  REQUIRE(first.ask("a", command));
  bench.clock.advance(2s);
  bench.process().exit(0);
  CHECK(second.role() == Role::joined);
  CHECK(bench.totals().reduced == 1);
  CHECK(bench.totals().time_saved == 2s);
}

TEST_CASE("hooks are told of each moment in its order") {
  Bench bench;
  NotingHook hook;
  bench.hooks.add(hook);
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  REQUIRE(third.ask("b"));
  bench.process(0).exit(0);
  bench.process(1).exit(1);
  CHECK(hook.notes ==
        "apply a\nexecute 1\napply a\nreduce 1 joined\napply b\nexecute 2\nresult 1\nerror 2\n");
}

TEST_CASE("a hook that throws changes nothing") {
  Bench bench;
  ThrowingHook throwing;
  NotingHook after;
  bench.hooks.add(throwing);
  bench.hooks.add(after);
  FakeCaller first(bench.reducer), second(bench.reducer), failed(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("a"));
  CHECK(second.run() == first.run());
  bench.process().out("text");
  bench.process().exit(0);
  CHECK(first.outcome() == Outcome(Exited{0}));
  CHECK(second.out() == "text");
  bench.launcher.fail_with(NotExecuted{2});
  REQUIRE(failed.ask("a"));
  CHECK(failed.outcome() == Outcome(NotExecuted{2}));
  CHECK(bench.reducer.is_idle());
  CHECK(bench.totals().total == 3);
  CHECK(bench.totals().reduced == 1);
  CHECK(after.notes ==
        "apply a\nexecute 1\napply a\nreduce 1 joined\nresult 1\napply a\nexecute 2\nerror 2\n");
}
