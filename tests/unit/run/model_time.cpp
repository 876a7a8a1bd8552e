// Time, and what comes with it.

#include "model.hpp"

namespace reduce::test {

const std::vector<World::TimerKind> World::kTimers = {
    {&ModelRun::timeout, &World::on_timeout}, {&ModelRun::kill, &World::on_kill},
    {&ModelRun::retry, &World::on_retry},     {&ModelRun::linger, &World::note_stop},
    {&ModelRun::expiry, &World::on_expiry},
};

void World::pass_time(Duration by) {
  log("time", 0);
  const TimePoint target = now_ + by;
  while (fault_.empty()) {
    const TimerKind* first = nullptr;
    ModelRun* owner = nullptr;
    for (const auto& run : runs_) {
      for (const TimerKind& kind : kTimers) {
        const auto& due = (*run).*kind.due;
        if (!due || due->at > target) continue;
        if (first != nullptr && (*owner).*first->due < due) continue;
        first = &kind;
        owner = run.get();
      }
    }
    if (first == nullptr) break;
    now_ = ((*owner).*first->due)->at;
    ((*owner).*first->due).reset();
    (this->*first->fire)(*owner);
    expect(bench_.clock.fire_first(target), "a timer is missing");
    expect(bench_.clock.now() == now_, "a timer fired at another time");
  }
  now_ = target;
  bench_.clock.advance(target - bench_.clock.now());
}

void World::on_timeout(ModelRun& run) {
  log("time-out", run.id);
  run.timed_out = true;
  note_stop(run);
}

void World::on_kill(ModelRun& run) {
  log("SIGKILL", run.id);
  run.killed = true;
  run.signals.push_back(SIGKILL);
}

void World::on_retry(ModelRun& run) {
  log("retry", run.id);
  --run.tries_left;
  ++totals_.retried;
  run.out.clear();
  run.err.clear();
  run.all.clear();
  run.launch_due = true;
}

void World::on_expiry(ModelRun& run) {
  log("expiry", run.id);
  retire(run);
}

std::size_t World::count_timers() const {
  std::size_t count = 0;
  for (const auto& run : runs_) {
    for (const TimerKind& kind : kTimers) count += ((*run).*kind.due).has_value();
  }
  return count;
}

}  // namespace reduce::test
