#include <signal.h>
#include <sys/resource.h>

#include <string>

#include "run/run.hpp"
#include "support/bench.hpp"
#include "support/catch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

namespace {

constexpr Duration kStall = 10s;

/// Segments of 16 bytes, of which eight are kept.
SegmentStore::Settings bounded(std::uint64_t run_limit = 128, std::uint64_t total = 1 << 20) {
  SegmentStore::Settings settings = tiny_segments();
  settings.run_limit = run_limit;
  settings.total_limit = total;
  return settings;
}

Reducer::Limits limits() {
  Reducer::Limits limits;
  limits.stall_timeout = kStall;
  return limits;
}

std::string text_of(std::size_t size) {
  std::string text;
  for (int n = 0; text.size() < size; ++n) text += std::to_string(n) + ",";
  text.resize(size);
  return text;
}

#ifndef __SANITIZE_ADDRESS__
/// Lets time pass, in which a process offers again what it is told that there may be room for.
void wait(Bench& bench, Duration time) {
  constexpr Duration kStep = 50ms;
  for (; time > Duration::zero(); time -= kStep) {
    const int resumed = bench.process().resumed();
    bench.clock.advance(std::min(time, kStep));
    if (bench.process().resumed() > resumed) bench.process().offer(Stream::out);
  }
}

/// This process can open no more files while this is there.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{3, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};
#endif

}  // namespace

TEST_CASE("a run takes output up to the limit, and more when its slowest caller has taken some") {
  Bench bench(limits(), bounded());
  FakeCaller slow(bench.reducer), prompt(bench.reducer);
  REQUIRE(slow.ask("a"));
  REQUIRE(prompt.ask("a"));
  slow.be_slow();
  const std::string text = text_of(300);
  CHECK_FALSE(bench.process().out(text));
  CHECK(prompt.out() == text.substr(0, 128));
  CHECK_FALSE(bench.process().offer(Stream::out));
  slow.catch_up();
  slow.catch_up();
  CHECK(bench.process().resumed() > 0);
  CHECK_FALSE(bench.process().offer(Stream::out));
  CHECK(prompt.out().size() > 128);
  CHECK(prompt.out().size() <= slow.out().size() + 128);
  slow.be_prompt();
  CHECK(bench.process().offer(Stream::out));
  bench.process().exit(0);
  CHECK(prompt.out() == text);
  CHECK(slow.out() == text);
}

TEST_CASE("a run that keeps only a part of its output takes no more callers") {
  Bench bench(limits(), bounded());
  FakeCaller first(bench.reducer), second(bench.reducer), late(bench.reducer);
  REQUIRE(first.ask("a"));
  bench.process().out(text_of(128));
  REQUIRE(second.ask("a"));
  CHECK(bench.launcher.count() == 1);
  bench.process().out("x");
  REQUIRE(late.ask("a"));
  CHECK(bench.launcher.count() == 2);
  CHECK(late.out().empty());
  bench.process(0).exit(0);
  CHECK(second.out() == text_of(128) + "x");
}

TEST_CASE("a caller that takes nothing is let go once others have waited long enough") {
  Bench bench(limits(), bounded());
  FakeCaller idle(bench.reducer), prompt(bench.reducer);
  REQUIRE(idle.ask("a"));
  REQUIRE(prompt.ask("a"));
  idle.be_slow();
  const std::string text = text_of(200);
  CHECK_FALSE(bench.process().out(text));
  bench.clock.advance(kStall - 1ms);
  CHECK(idle.dismissal().empty());
  bench.clock.advance(100ms);
  CHECK_FALSE(idle.dismissal().empty());
  CHECK(prompt.dismissal().empty());
  CHECK(bench.process().resumed() > 0);
  CHECK(bench.process().offer(Stream::out));
  bench.process().exit(0);
  CHECK(prompt.out() == text);
}

TEST_CASE("a caller that takes a little of a long notice now and then is not let go") {
  Bench bench(limits(), bounded());
  FakeCaller slow(bench.reducer), prompt(bench.reducer);
  REQUIRE(slow.ask("a"));
  REQUIRE(prompt.ask("a"));
  slow.be_slow();
  const std::string text = text_of(200);
  CHECK_FALSE(bench.process().out(text));
  for (int n = 0; n < 10; ++n) {
    bench.clock.advance(kStall - 1ms);
    slow.run()->note_moving(slow);
  }
  CHECK(slow.dismissal().empty());
  slow.be_prompt();
  CHECK(bench.process().offer(Stream::out));
  bench.process().exit(0);
  CHECK(slow.out() == text);
}

TEST_CASE("callers that take nothing while nobody waits for more are not let go") {
  Bench bench(limits(), bounded());
  FakeCaller one(bench.reducer), other(bench.reducer);
  REQUIRE(one.ask("a"));
  REQUIRE(other.ask("a"));
  one.be_slow();
  other.be_slow();
  CHECK_FALSE(bench.process().out(text_of(200)));
  bench.clock.advance(100 * kStall);
  CHECK(one.dismissal().empty());
  CHECK(other.dismissal().empty());
  one.be_prompt();
  other.be_prompt();
  CHECK(bench.process().offer(Stream::out));
}

TEST_CASE("a caller that leaves makes room") {
  Bench bench(limits(), bounded());
  FakeCaller idle(bench.reducer), prompt(bench.reducer);
  REQUIRE(idle.ask("a"));
  REQUIRE(prompt.ask("a"));
  idle.be_slow();
  CHECK_FALSE(bench.process().out(text_of(200)));
  idle.leave();
  CHECK(bench.process().resumed() > 0);
  CHECK(bench.process().offer(Stream::out));
  CHECK(prompt.out() == text_of(200));
}

TEST_CASE("output of a try that is over the limit breaks the run") {
  Bench bench(limits(), bounded());
  FakeCaller caller(bench.reducer);
  TestCommand command;
  command.options.retries = 1;
  REQUIRE(caller.ask("a", command));
  CHECK_FALSE(bench.process().out(text_of(200)));
  CHECK(bench.process().signals() == std::vector{SIGTERM});
  bench.process().die(SIGTERM);
  REQUIRE(caller.outcome());
  CHECK(std::holds_alternative<Broken>(*caller.outcome()));
  CHECK(bench.launcher.count() == 1);
}

TEST_CASE("all runs together keep no more than the total, and none of them is forgotten") {
  const std::uint64_t segment = GENERATE(16, 1 << 20);
  CAPTURE(segment);
  auto settings = bounded(1 << 20, 128);
  settings.first_size = settings.next_size = segment;
  Bench bench(limits(), settings);
  constexpr std::size_t kRuns = 20;
  std::vector<std::unique_ptr<FakeCaller>> callers;
  const std::string text = text_of(100);
  for (std::size_t n = 0; n < kRuns; ++n) {
    callers.push_back(std::make_unique<FakeCaller>(bench.reducer));
    REQUIRE(callers.back()->ask(std::string(1, static_cast<char>('a' + n))));
  }
  // All write in turn, and each caller takes what there is: no run waits for ever.
  constexpr std::size_t kPiece = 10;
  for (std::size_t round = 0; round < 2 * kRuns; ++round) {
    for (std::size_t n = 0; n < kRuns; ++n) {
      ScriptedProcess& process = bench.process(n);
      if (!process.is_running()) continue;
      const std::size_t written = round * kPiece;
      if (written < text.size()) process.put(Stream::out, text.substr(written, kPiece));
      if (process.offer(Stream::out) && written >= text.size()) process.exit(0);
    }
    bench.clock.advance(50ms);
  }
  for (const auto& caller : callers) {
    CHECK(caller->out() == text);
    CHECK(caller->outcome() == Outcome(Exited{0}));
  }
}

TEST_CASE("a stream that waits for room is not forgotten when the other one finds some") {
  Bench bench(limits(), bounded(128, 32));
  FakeCaller reader(bench.reducer), idle(bench.reducer), other(bench.reducer);
  idle.be_slow();
  other.be_slow();
  REQUIRE(idle.ask("a"));
  REQUIRE(reader.ask("b"));
  REQUIRE(other.ask("c"));
  // An eighth of the total is for runs of which little is kept.
  CHECK(bench.process(0).out(text_of(28)));
  CHECK(bench.process(2).out("four"));
  ScriptedProcess& process = bench.process(1);
  CHECK_FALSE(process.out("long"));
  // Nobody tells the run that there is room now.
  idle.leave();
  CHECK(process.err("short"));
  CHECK(reader.err() == "short");
  bench.clock.advance(1s);
  REQUIRE(process.resumed() > 0);
  CHECK(process.offer(Stream::out));
  process.exit(0);
  CHECK(reader.out() == "long");
}

TEST_CASE("a run begins though the total is used up by others") {
  Bench bench(limits(), bounded(1 << 20, 128));
  FakeCaller idle(bench.reducer), reader(bench.reducer);
  idle.be_slow();
  REQUIRE(idle.ask("a"));
  CHECK_FALSE(bench.process(0).out(text_of(200)));
  REQUIRE(reader.ask("b"));
  CHECK(bench.process(1).out("hi"));
  bench.process(1).exit(0);
  CHECK(reader.out() == "hi");
  CHECK(reader.outcome() == Outcome(Exited{0}));
  CHECK(idle.dismissal().empty());
}

TEST_CASE("who takes nothing of a run is let go while another run waits for its room") {
  const bool ended = GENERATE(false, true);
  CAPTURE(ended);
  Bench bench(limits(), bounded(1 << 20, 128));
  FakeCaller idle(bench.reducer), reader(bench.reducer), slow(bench.reducer);
  idle.be_slow();
  REQUIRE(idle.ask("a"));
  CHECK(bench.process(0).out(text_of(112)));
  if (ended) bench.process(0).exit(0);
  REQUIRE(reader.ask("b"));
  slow.be_slow();
  REQUIRE(slow.ask("b"));
  ScriptedProcess& process = bench.process(1);
  CHECK_FALSE(process.out(text_of(80)));
  bench.clock.advance(kStall - 100ms);
  CHECK(idle.dismissal().empty());
  bench.clock.advance(200ms);
  REQUIRE(!idle.dismissal().empty());
  CHECK(idle.dismissal().find("--spool-total") != std::string::npos);
  REQUIRE(process.resumed() > 0);
  if (!ended) {
    // Its last caller took its run along.
    CHECK(bench.process(0).signals() == std::vector{SIGTERM});
    bench.process(0).die(SIGTERM);
  }
  CHECK(process.offer(Stream::out));
  process.exit(0);
  CHECK(reader.out() == text_of(80));
  CHECK(slow.dismissal().empty());
}

TEST_CASE("nothing is kept of a run that was stopped and ended, though its group has its grace") {
  Bench bench(limits(), bounded(1 << 20, 128));
  FakeCaller first(bench.reducer), second(bench.reducer);
  first.be_slow();
  second.be_slow();
  REQUIRE(first.ask("a"));
  CHECK(bench.process(0).out(text_of(112)));
  first.leave();
  bench.process(0).die(SIGTERM);
  CHECK_FALSE(bench.reducer.is_idle());
  REQUIRE(second.ask("b"));
  CHECK(bench.process(1).out(text_of(112)));
}

TEST_CASE("who takes nothing of a run stays while another run waits for its own limit's sake") {
  Bench bench(limits(), bounded(64, 1 << 20));
  FakeCaller idle(bench.reducer), slow(bench.reducer), reader(bench.reducer);
  idle.be_slow();
  REQUIRE(idle.ask("a"));
  CHECK(bench.process(0).out(text_of(50)));
  slow.be_slow();
  REQUIRE(slow.ask("b"));
  REQUIRE(reader.ask("b"));
  CHECK_FALSE(bench.process(1).out(text_of(100)));
  bench.clock.advance(2 * kStall);
  CHECK_FALSE(slow.dismissal().empty());
  CHECK(idle.dismissal().empty());
}

// UndefinedBehaviorSanitizer opens a pipe to look at an object: it cannot work without descriptors.
#ifndef __SANITIZE_ADDRESS__

TEST_CASE("what the system is short of is waited for") {
  Bench bench(limits(), bounded());
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  bool taken = true;
  {
    const NoDescriptors none;
    taken = bench.process().out("text");
    wait(bench, kStall - 100ms);
  }
  CHECK_FALSE(taken);
  CHECK(bench.process().signals().empty());
  CHECK(bench.process().resumed() > 0);
  CHECK(bench.process().offer(Stream::out));
  bench.clock.advance(2 * kStall);
  bench.process().exit(3);
  CHECK(caller.out() == "text");
  CHECK(caller.outcome() == Outcome(Exited{3}));
}

TEST_CASE("what the system is short of for too long breaks the run") {
  Bench bench(limits(), bounded());
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  bool taken = true, taken_later = true;
  int resumed = 0, resumed_later = 0;
  {
    const NoDescriptors none;
    taken = bench.process().out("text");
    wait(bench, kStall + 100ms);
    // What it still writes is no matter: its end must not wait for room.
    resumed = bench.process().resumed();
    taken_later = bench.process().offer(Stream::out);
    wait(bench, 1s);
    resumed_later = bench.process().resumed();
    bench.process().die(SIGTERM);
  }
  CHECK_FALSE(taken);
  CHECK_FALSE(taken_later);
  CHECK(bench.process().signals() == std::vector{SIGTERM});
  CHECK(resumed_later == resumed);
  REQUIRE(caller.outcome());
  CHECK(std::holds_alternative<Broken>(*caller.outcome()));
}

#endif
