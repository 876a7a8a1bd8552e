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
  check_in_flight();
  check_totals();
  std::size_t waiting = 0;
  for (const auto& caller : callers_) waiting += caller->run != nullptr;
  expect(bench_.reducer.callers() == waiting, "callers are counted wrong");
  expect(bench_.clock.now() == now_, "it is another time");
  expect(bench_.clock.pending() == count_timers(), "a timer is set or not wrongly");
  for (const auto& process : past_tries_) {
    expect(process->is_released() && !process->was_abandoned(), "a try was not let go");
    expect(process->signals().empty(), "a try that failed was signalled");
  }
  past_tries_.clear();
}

void World::check_totals() {
  const Counts& totals = bench_.totals();
  expect(totals.total == totals_.total, "total is wrong");
  expect(totals.executed == totals_.executed, "executed is wrong");
  expect(totals.reduced == totals_.reduced, "reduced is wrong");
  expect(totals.errors == totals_.errors, "errors is wrong");
  expect(totals.retried == totals_.retried, "retried is wrong");
  expect(totals.time_saved == totals_.time_saved, "time saved is wrong");
  expect(totals.cpu_saved == totals_.cpu_saved, "CPU time saved is wrong");
  // A run counts as executed once it starts: not in the queue, nor where it has ended there.
  expect(totals.cancelled == totals_.cancelled, "cancelled is wrong");
  std::uint64_t not_executed = totals_.cancelled;
  for (const auto& run : runs_) not_executed += run->state == State::queued;
  expect(totals.total == totals.executed + totals.reduced + not_executed, "total does not add up");
}

void World::check_caller(ModelCaller& caller) {
  const FakeCaller& real = caller.caller;
  expect(real.is_waiting() == (caller.run != nullptr), "a caller waits or has left wrongly");
  if (caller.run == nullptr || !real.is_waiting()) return;
  const ModelRun& run = *caller.run;
  expect(real.run()->id() == run.id, "a caller is on another run");
  expect(real.run()->identity() == run.identity, "a caller is on a run of another identity");
  expect(real.run()->state() == run.state, "a caller's run is in another state");
  expect(real.run()->outcome() == run.outcome, "a run's outcome is another");
  expect(real.role() == caller.role, "a caller's role is another");
  expect(real.age_at_join() == caller.age, "the run's age at a caller's coming is another");
  check_bytes(caller, run);
  if (caller.slow) return;
  if (run.is_visible()) {
    expect(real.all().size() == run.all.size(), "a prompt caller lacks output");
  }
  expect(!run.outcome, "a prompt caller was not told of the end");
}

void World::check_bytes(ModelCaller& caller, const ModelRun& run) {
  const FakeCaller& real = caller.caller;
  expect(run.is_visible() || real.all().empty(), "output of a try was seen that may not count");
  expect(is_prefix(real.out(), run.out, caller.checked_out), "stdout differs");
  expect(is_prefix(real.err(), run.err, caller.checked_err), "stderr differs");
  expect(is_prefix(real.all(), run.all, caller.checked_all), "the order of output differs");
}

void World::check_run(const ModelRun& run) {
  expect(!run.launch_due, "a run was not launched when it should be");
  if (!run.process) return;  // queued, between two tries, or launching failed
  expect(run.process->run() == run.id, "a process was launched for another run");
  expect(run.process->signals() == run.signals, "signals differ");
  expect(run.process->is_running() == !run.outcome, "a process has ended or not wrongly");
  expect(run.process->is_released() == run.is_released(), "a process was let go or not wrongly");
  expect(!run.process->was_abandoned(), "a process was abandoned");
}

/// The reducer's own list, oldest first: it has the runs that have no caller too.
void World::check_in_flight() {
  std::vector<const ModelRun*> expected;
  for (const auto& run : runs_) {
    if (!run->outcome) expected.push_back(run.get());
  }
  std::size_t visited = 0;
  bench_.reducer.for_each_run([&](const Run& real) {
    if (visited < expected.size()) check_in_flight(real, *expected[visited]);
    ++visited;
  });
  expect(visited == expected.size(), "more or fewer runs are in flight");
  expect(bench_.reducer.running() == expected.size(), "runs are counted wrong");
}

void World::check_in_flight(const Run& real, const ModelRun& run) {
  expect(real.id() == run.id, "another run is in flight");
  expect(real.state() == run.state, "a run is in another state");
  expect(real.callers() == run.present, "a run's callers are counted wrong");
  expect(real.served() == run.served, "a run's callers of all time are counted wrong");
  expect(real.has_started() == run.started.has_value(), "a run has started or not wrongly");
  expect(real.age() == (run.started ? now_ - *run.started : Duration()), "a run's age is wrong");
  expect(real.pid() == (run.process ? run.process->pid() : 0), "a run has another process");
  expect(real.output_size() == run.all.size(), "a run's output is measured wrong");
  expect(real.cpu() == run.cpu, "a run's CPU time is wrong");
}

/// No more of a spool is open than somebody may still read.
void World::check_descriptors() {
  std::uint64_t most = static_cast<std::uint64_t>(descriptors_before_) + callers_.size();
  for (const auto& run : runs_) {
    if (run->process && !run->is_released()) most += 4;  // both ends of its pipes
    const std::uint64_t size = run->all.size();
    // A reader of each segment, and a writer of the last.
    if (size > 0) most += segment_of(size - 1) - segment_of(first_needed(*run)) + 2;
  }
  const auto open = static_cast<std::uint64_t>(count_open_descriptors());
  expect(open <= most, "a spool is kept that nobody can read any more");
}

std::uint64_t World::segment_of(std::uint64_t byte) const {
  return byte < first_segment_ ? 0 : 1 + (byte - first_segment_) / next_segment_;
}

/// The first byte of its output that somebody may still read, or the last one.
std::uint64_t World::first_needed(const ModelRun& run) const {
  if (run.standing != Standing::alone || !run.is_visible()) return 0;
  std::uint64_t first = run.all.size() - 1;
  for (const auto& caller : callers_) {
    if (caller->run == &run) first = std::min<std::uint64_t>(first, caller->caller.all().size());
  }
  return first;
}

void World::expect(bool holds, const char* what) {
  if (!holds && fault_.empty()) fault_ = what;
}

}  // namespace reduce::test
