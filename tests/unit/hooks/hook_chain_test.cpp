#include "hooks/hook_chain.hpp"

#include <stdexcept>

#include "hooks/debug_log.hpp"
#include "support/bench.hpp"
#include "support/catch.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

/// Throws at every moment; not everybody throws what is derived from std::exception.
struct ThrowingHook final : Hooks {
  [[noreturn]] static void fail() { throw 42; }
  void apply(const Run&) override { fail(); }
  void execute(const Run&) override { fail(); }
  void reduce(const Run&, const Caller&) override { fail(); }
  void retry(const Run&) override { fail(); }
  void leave(const Run&, const Caller&) override { fail(); }
  void result(const Run&) override { fail(); }
  void error(const Run&) override { fail(); }
  void cancel(const Run&) override { fail(); }
  void tire(const Run&, const Caller&) override { fail(); }
  void decline(const CommandView&, const Place&, std::string_view) override { fail(); }
};

/// Two logs, one before and one after a hook that throws.
struct ChainBench : Bench {
  ChainBench() {
    hooks.add(first);
    hooks.add(throwing);
    hooks.add(last);
  }
  std::string before, after;
  ThrowingHook throwing;
  DebugLog first{clock, "key", [this](std::string_view line) { before += line; }};
  DebugLog last{clock, "key", [this](std::string_view line) { after += line; }};
};

/// The words of a log, one after another.
std::string words_of(const std::string& log) {
  constexpr std::string_view begin = "reduced: 1970-01-01T00:00:00.000Z ";
  std::string words;
  for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1) {
    const std::size_t word = at + begin.size();
    words += log.substr(word, log.find(' ', word) - word) + " ";
  }
  return words;
}

}  // namespace

TEST_CASE("a hook that throws while a run starts does not wedge its key") {
  ChainBench bench;
  for (int round = 0; round < 3; ++round) {
    FakeCaller first(bench.reducer), second(bench.reducer);
    REQUIRE(first.ask("a"));
    REQUIRE(second.ask("a"));
    CHECK(first.run() == second.run());
    bench.launcher.last()->exit(0);
    CHECK(first.outcome() == Outcome(Exited{0}));
    CHECK(second.outcome() == Outcome(Exited{0}));
  }
  CHECK(bench.reducer.is_idle());
  CHECK(bench.totals().executed == 3);
  CHECK(bench.totals().reduced == 3);
}

TEST_CASE("what one hook throws at any moment is no other's concern") {
  ChainBench bench;
  FakeCaller first(bench.reducer), second(bench.reducer), queued(bench.reducer);
  TestCommand retried, fresh;
  retried.options.retries = 1;
  fresh.options.fresh = true;
  REQUIRE(first.ask("a", retried));
  REQUIRE(second.ask("a", retried));
  REQUIRE(queued.ask("a", fresh));
  queued.leave();
  bench.hooks.tire(*second.run(), second);
  second.leave();
  bench.process(0).exit(1);
  bench.clock.advance(std::chrono::seconds(1));
  bench.process(1).exit(0);
  CHECK(first.outcome() == Outcome(Exited{0}));
  REQUIRE(second.ask("a"));
  bench.process(2).exit(1);
  bench.hooks.decline(fresh.view(), fresh.place(), "reason");
  CHECK(bench.reducer.is_idle());
  CHECK(bench.before == bench.after);
  CHECK(words_of(bench.after) ==
        "apply executing apply reducing apply leaving cancelled wait-timeout leaving retrying "
        "result apply executing exception direct: ");
}

TEST_CASE("a line of the log names the run and its identity's digest, nothing of its command") {
  ChainBench bench;
  TestCommand command({"program", "confidential"}, {"SECRET=hunter2"});
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask(command.identity(), command));
  bench.process().exit(0);
  bench.hooks.decline(command.view(), command.place(), "reason");
  const std::string digest = digest_of(command.identity(), "key");
  CHECK_FALSE(digest.empty());
  CHECK(bench.after.find("apply run 1 identity " + digest + "\n") != std::string::npos);
  CHECK(bench.after.find("result run 1 identity " + digest + "\n") != std::string::npos);
  CHECK(bench.after.find("hunter2") == std::string::npos);
  CHECK(bench.after.find("confidential") == std::string::npos);
}
