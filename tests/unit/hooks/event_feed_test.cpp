#include "hooks/event_feed.hpp"

#include <csignal>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/bench.hpp"
#include "support/catch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// A reducer whose events are written down.
struct FeedBench : Bench {
  FeedBench() {
    hooks.add(feed);
    feed.listen([this](std::string_view line) { lines.emplace_back(line); });
  }

  /// The lines so far as JSON; each has what every event has. They are taken.
  std::vector<json> take() {
    std::vector<json> events;
    for (const std::string& line : std::exchange(lines, {})) {
      INFO(line);
      CHECK(line.find('\n') == std::string::npos);
      events.push_back(json::parse(line));
      for (const char* key : {"event", "time", "id", "argv", "cwd"}) {
        INFO(key);
        CHECK(events.back().contains(key));
      }
    }
    return events;
  }

  std::vector<std::string> take_names() {
    std::vector<std::string> names;
    for (const json& event : take()) names.push_back(event.at("event"));
    return names;
  }

  EventFeed feed{clock, "key"};
  std::vector<std::string> lines;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("each moment of a run is an event that says of what") {
  FeedBench bench;
  const TestCommand command({"program", "argument"});
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  REQUIRE(first.ask("a", command));
  for (const json& event : bench.take()) {
    CHECK(event.at("id") == 1);
    CHECK(event.at("argv") == json{"program", "argument"});
    CHECK(event.at("cwd") == "/");
    CHECK(event.at("time") == bench.clock.time_of_day());
  }
  bench.clock.advance(2s);
  REQUIRE(second.ask("a", command));
  const auto joined = bench.take();
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].at("event") == "apply");
  CHECK(joined[1].at("event") == "reduce");
  CHECK(joined[1].at("callers") == 2);
  CHECK(joined[1].at("age_seconds") == 2.0);
  REQUIRE(third.ask("a", command));
  bench.take();
  third.leave();
  const auto left = bench.take();
  REQUIRE(left.size() == 1);
  CHECK(left[0].at("event") == "leave");
  CHECK(left[0].at("callers") == 2);
  bench.process().out("12345");
  bench.process().end({Exited{0}, 500ms});
  const auto ended = bench.take();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].at("event") == "result");
  CHECK(ended[0].at("end") == "exit");
  CHECK(ended[0].at("code") == 0);
  CHECK(ended[0].at("callers") == 3);
  CHECK(ended[0].at("output_bytes") == 5);
  CHECK(ended[0].at("duration_seconds") == 2.0);
  CHECK(ended[0].at("cpu_seconds") == 0.5);
}

TEST_CASE("events come in the order of what happens") {
  FeedBench bench;
  FakeCaller caller(bench.reducer);
  TestCommand command;
  command.options.retries = 1;
  REQUIRE(caller.ask("a", command));
  CHECK(bench.take_names() == Names{"apply", "execute"});
  bench.process(0).exit(1);
  bench.clock.advance(1s);
  CHECK(bench.take_names() == Names{"retry"});
  bench.hooks.tire(*caller.run(), caller);
  CHECK(bench.take_names() == Names{"wait-timeout"});
  bench.process(1).die(SIGSEGV);
  const auto ended = bench.take();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].at("event") == "error");
  CHECK(ended[0].at("end") == "signal");
  CHECK(ended[0].at("signal") == SIGSEGV);
}

TEST_CASE("a run that ends in the queue, one that cannot start and a call sent away are told") {
  FeedBench bench;
  FakeCaller first(bench.reducer), queued(bench.reducer), failed(bench.reducer);
  TestCommand fresh;
  fresh.options.fresh = true;
  REQUIRE(first.ask("a"));
  REQUIRE(queued.ask("a", fresh));
  bench.take();
  queued.leave();
  CHECK(bench.take_names() == Names{"leave", "cancel"});
  bench.launcher.fail_with(NotExecuted{ENOENT});
  REQUIRE(failed.ask("b"));
  CHECK(bench.take_names() == Names{"apply", "execute", "error"});
  bench.hooks.decline(fresh.view(), fresh.place(), "too many");
  const auto direct = bench.take();
  REQUIRE(direct.size() == 1);
  CHECK(direct[0].at("event") == "direct");
  CHECK(direct[0].at("id").is_null());
  CHECK(direct[0].at("reason") == "too many");
}

TEST_CASE("who begins to listen hears of what is in flight") {
  FeedBench bench;
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a", TestCommand({"program"})));
  bench.clock.advance(3s);
  bench.lines = {bench.feed.line_on(*caller.run())};
  const auto running = bench.take();
  REQUIRE(running.size() == 1);
  CHECK(running[0].at("event") == "running");
  CHECK(running[0].at("pid") == bench.process().pid());
  CHECK(running[0].at("callers") == 1);
  CHECK(running[0].at("age_seconds") == 3.0);
  const auto dropped = json::parse(bench.feed.line_on_dropped(7));
  CHECK(dropped.at("event") == "dropped");
  CHECK(dropped.at("count") == 7);
}

TEST_CASE("no value of the environment is in any event, nor a private call's arguments") {
  FeedBench bench;
  TestCommand command({"/opt/program", "argument"}, {"SECRET=hunter2", "OTHER=hunter2"});
  command.cwd = "/nowhere";
  command.options.is_private = GENERATE(false, true);
  command.options.retries = 1;
  FakeCaller first(bench.reducer), second(bench.reducer), third(bench.reducer);
  REQUIRE(first.ask(command.identity(), command));
  REQUIRE(second.ask(command.identity(), command));
  bench.lines.push_back(bench.feed.line_on(*first.run()));
  bench.hooks.tire(*second.run(), second);
  second.leave();
  bench.process(0).exit(1);
  bench.clock.advance(1s);
  bench.process(1).exit(1);
  bench.hooks.decline(command.view(), command.place(), "reason");
  TestCommand fresh = command;
  fresh.options.fresh = true;
  REQUIRE(first.ask(command.identity(), command));
  REQUIRE(third.ask(command.identity(), fresh));
  third.leave();
  bench.process(2).exit(0);
  CHECK(bench.lines.size() >= 14);
  for (const std::string& line : bench.lines) {
    INFO(line);
    CHECK(line.find("hunter2") == std::string::npos);
    if (!command.options.is_private) continue;
    CHECK(line.find("argument") == std::string::npos);
    CHECK(line.find("nowhere") == std::string::npos);
    CHECK(line.find("/opt") == std::string::npos);
    CHECK(json::parse(line).at("argv") == json{"program"});
  }
}

TEST_CASE("arguments that are no UTF-8 make JSON all the same") {
  FeedBench bench;
  FakeCaller caller(bench.reducer);
  TestCommand command({"program", "\xff\xfe", "a\nb"});
  command.cwd = "/\xff";
  REQUIRE(caller.ask("a", command));
  const auto events = bench.take();
  REQUIRE(events.size() == 2);
  CHECK(events[0].at("argv").at(2) == "a\nb");
}

TEST_CASE("a listener may stop itself while it is told") {
  FeedBench bench;
  int told = 0, number = 0;
  number = bench.feed.listen([&](std::string_view) {
    ++told;
    bench.feed.stop(number);
  });
  int last = 0;
  bench.feed.listen([&](std::string_view) { ++last; });
  FakeCaller caller(bench.reducer);
  REQUIRE(caller.ask("a"));
  CHECK(told == 1);
  CHECK(last == 2);
  CHECK(bench.lines.size() == 2);
}

TEST_CASE("a listener that fails changes nothing for the run") {
  FeedBench bench;
  bench.feed.listen([](std::string_view) { throw std::runtime_error("a listener's own fault"); });
  for (int n = 0; n < 2; ++n) {
    FakeCaller caller(bench.reducer);
    REQUIRE(caller.ask("a"));
    bench.launcher.last()->exit(0);
    CHECK(caller.outcome() == Outcome(Exited{0}));
  }
  CHECK(bench.reducer.is_idle());
  CHECK(bench.totals().executed == 2);
  CHECK(bench.lines.size() == 6);
}

TEST_CASE("equal commands have equal digests under one key, and others under another") {
  FeedBench bench;
  EventFeed other(bench.clock, "another key");
  FakeCaller first(bench.reducer), second(bench.reducer);
  REQUIRE(first.ask("a"));
  REQUIRE(second.ask("b"));
  const auto events = bench.take();
  REQUIRE(events.size() == 4);
  CHECK(events[0].at("identity") == events[1].at("identity"));
  CHECK(events[0].at("identity") != events[2].at("identity"));
  CHECK(json::parse(other.line_on(*first.run())).at("identity") != events[0].at("identity"));
}
