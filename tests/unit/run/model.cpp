#include "model.hpp"

#include <algorithm>
#include <utility>

namespace reduce::test {

using namespace std::chrono_literals;

World::World(std::uint32_t seed, std::uint64_t first_segment, std::uint64_t next_segment)
    : random_(seed),
      bench_({.runs = kMostRuns}, tiny_segments(first_segment, next_segment)),
      first_segment_(first_segment),
      next_segment_(next_segment),
      descriptors_before_(count_open_descriptors()),
      now_(bench_.clock.now()) {
  bench_.launcher.at_launch = [this](RunId id, const auto& process) { on_launch(id, process); };
}

World::~World() = default;

bool World::step() {
  unsigned total = 0;
  for (const Step& step : kSteps) total += step.weight;
  unsigned at = random(total);
  for (const Step& step : kSteps) {
    if (at < step.weight) {
      (this->*step.go)();
      break;
    }
    at -= step.weight;
  }
  check();
  forget_what_is_over();
  if (++steps_ % 16 == 0) check_descriptors();
  return fault_.empty();
}

bool World::finish() {
  log("finish", 0);
  launch_failure_.reset();
  bench_.launcher.fail_with(std::nullopt);
  end_all();
  expect_nothing_left();
  if (fault_.empty()) try_each_identity();
  return fault_.empty();
}

/// Ends each try well, and waits for what is to follow, until nothing follows.
void World::end_all() {
  for (int round = 0; fault_.empty() && round < 10; ++round) {
    for (const auto& caller : callers_) caller->asks_again = caller->joins_on_output = false;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      if (runs_[i]->is_live()) end(*runs_[i], Exited{0});
    }
    for (std::size_t i = 0; i < callers_.size(); ++i) {
      callers_[i]->slow = false;
      callers_[i]->caller.be_prompt();
    }
    pass_time(10s);
    check();
    forget_what_is_over();
  }
}

void World::expect_nothing_left() {
  expect(runs_.empty() && callers_.empty(), "somebody is stuck");
  expect(bench_.reducer.is_idle(), "the reducer is not idle");
  expect(bench_.reducer.running() == 0, "runs are left");
  expect(bench_.reducer.callers() == 0, "callers are left");
  expect(bench_.clock.pending() == 0, "timers are left");
}

/// Whatever there was, a new call of the same command has a run, which is shared and ends.
void World::try_each_identity() {
  for (const char* identity : {"a", "b", "c", ""}) {
    CallOptions fresh;
    fresh.fresh = true;
    const RunId before = last_id_;
    const std::uint64_t reduced = totals_.reduced;
    call(identity, {}, {});
    call(identity, {}, {});
    call(identity, fresh, {});
    call(identity, fresh, {});
    expect(last_id_ == before + 2, "a new call of an identity has no run of its own");
    expect(totals_.reduced == reduced + 2, "a new run of an identity is not shared");
    check();
    end_all();
    expect_nothing_left();
  }
}

void World::forget_what_is_over() {
  std::erase_if(callers_, [](const auto& caller) { return caller->run == nullptr; });
  std::erase_if(runs_, [](const auto& run) {
    return run->is_released() && run->present == 0 && run->standing != Standing::held;
  });
  bench_.launcher.forget();
}

void World::log(std::string what, RunId run) {
  log_.emplace_back(std::move(what), run);
  if (log_.size() > 20) log_.pop_front();
}

std::string World::last_steps() const {
  std::string text;
  for (const auto& [what, run] : log_) text.append(what).append(" ") += std::to_string(run) + "\n";
  return text;
}

std::size_t World::count_in_flight() const {
  return static_cast<std::size_t>(
      std::count_if(runs_.begin(), runs_.end(), [](const auto& run) { return !run->outcome; }));
}

ModelRun* World::find(const std::string& identity, Standing standing) {
  for (const auto& run : runs_) {
    if (run->identity == identity && run->standing == standing) return run.get();
  }
  return nullptr;
}

ModelRun* World::find(RunId id) {
  for (const auto& run : runs_) {
    if (run->id == id) return run.get();
  }
  return nullptr;
}

ModelRun* World::any_run() {
  return runs_.empty() ? nullptr : runs_[random(static_cast<unsigned>(runs_.size()))].get();
}

ModelCaller* World::any_caller() {
  if (callers_.empty()) return nullptr;
  ModelCaller* caller = callers_[random(static_cast<unsigned>(callers_.size()))].get();
  return caller->run != nullptr ? caller : nullptr;
}

}  // namespace reduce::test
