// Where the model and the reducer are compared.
#include <algorithm>

#include "model.hpp"

namespace reduce::test {
namespace {

bool is_prefix(const std::string& got, const std::string& whole, std::size_t& checked) {
  if (got.size() > whole.size()) return false;
  const std::size_t fresh = got.size() - checked;
  const bool same = whole.compare(checked, fresh, got, checked, fresh) == 0;
  checked = got.size();
  return same;
}

}  // namespace

void World::check() {
  for (const auto& caller : callers_) check_caller(*caller);
  for (const auto& run : runs_) check_run(*run);
  std::size_t waiting = 0;
  for (const auto& caller : callers_) waiting += caller->run != nullptr;
  expect(bench_.reducer.callers() == waiting, "callers are counted wrong");
  expect(bench_.reducer.running() == count_in_flight(), "runs are counted wrong");
  const Counts& totals = bench_.totals();
  expect(totals.total == totals_.total, "total is wrong");
  expect(totals.executed == totals_.executed, "executed is wrong");
  expect(totals.reduced == totals_.reduced, "reduced is wrong");
  expect(totals.errors == totals_.errors, "errors is wrong");
  expect(totals.time_saved == totals_.time_saved, "time saved is wrong");
  expect(totals.total == totals.executed + totals.reduced, "total does not add up");
}

void World::check_caller(ModelCaller& caller) {
  const FakeCaller& real = caller.caller;
  expect(real.is_waiting() == (caller.run != nullptr), "a caller waits or has left wrongly");
  if (caller.run == nullptr || !real.is_waiting()) return;
  const ModelRun& run = *caller.run;
  expect(real.run()->id() == run.id, "a caller is on another run");
  expect(real.run()->identity() == run.identity, "a caller is on a run of another identity");
  expect(real.run()->state() == run.state, "a run is in another state");
  expect(real.run()->callers() == run.present, "a run's callers are counted wrong");
  expect(real.run()->served() == run.served, "a run's callers of all time are counted wrong");
  expect(real.run()->outcome() == run.outcome, "a run's outcome is another");
  expect(real.role() == caller.role, "a caller's role is another");
  expect(real.age_at_join() == caller.age, "the run's age at a caller's coming is another");
  check_bytes(caller, run);
  if (caller.slow) return;
  expect(real.all().size() == run.all.size(), "a prompt caller lacks output");
  expect(!run.outcome, "a prompt caller was not told of the end");
}

void World::check_bytes(ModelCaller& caller, const ModelRun& run) {
  const FakeCaller& real = caller.caller;
  expect(is_prefix(real.out(), run.out, caller.checked_out), "stdout differs");
  expect(is_prefix(real.err(), run.err, caller.checked_err), "stderr differs");
  expect(is_prefix(real.all(), run.all, caller.checked_all), "the order of output differs");
}

void World::check_run(const ModelRun& run) {
  if (!run.process) return;  // launching failed
  expect(run.process->run() == run.id, "a process was launched for another run");
  expect(run.process->signals() == run.signals, "signals differ");
  expect(run.process->is_running() == !run.outcome, "a process has ended or not wrongly");
  expect(run.process->is_released() == run.is_released(), "a process was let go or not wrongly");
  expect(!run.process->was_abandoned(), "a process was abandoned");
}

void World::expect(bool holds, const char* what) {
  if (!holds && fault_.empty()) fault_ = what;
}

void World::forget_what_is_over() {
  std::erase_if(callers_, [](const auto& caller) { return caller->run == nullptr; });
  std::erase_if(runs_, [](const auto& run) { return run->is_released() && run->present == 0; });
}

void World::log(const char* what, RunId run) {
  log_.emplace_back(what, run);
  if (log_.size() > 20) log_.pop_front();
}

std::size_t World::count_in_flight() const {
  return static_cast<std::size_t>(
      std::count_if(runs_.begin(), runs_.end(), [](const auto& run) { return !run->outcome; }));
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
