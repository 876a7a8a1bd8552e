// What may happen, each at random.
#include <utility>

#include "model.hpp"

namespace reduce::test {

const std::vector<World::Step> World::kSteps = {
    {300, &World::step_call},   {60, &World::step_leave},     {150, &World::step_catch_up},
    {300, &World::step_output}, {120, &World::step_end},      {40, &World::step_signal},
    {150, &World::step_time},   {20, &World::step_launching}, {15, &World::step_kill},
    {15, &World::step_forget},  {3, &World::step_stop_all},
};

void World::step_call() {
  if (callers_.size() < kMostCallers) call(some_identity(), some_options(), some_chain());
}

void World::step_leave() {
  if (ModelCaller* caller = any_caller()) leave(*caller);
}

void World::step_catch_up() {
  ModelCaller* caller = any_caller();
  if (caller == nullptr || !caller->slow) return;
  log("catch up", caller->run->id);
  if (one_in(4)) {
    caller->slow = false;
    caller->caller.be_prompt();
  } else {
    caller->caller.catch_up();
  }
}

void World::step_output() {
  ModelRun* run = any_run();
  if (run != nullptr && run->is_live()) write(*run, true);
}

void World::step_end() {
  ModelRun* run = any_run();
  if (run == nullptr || !run->is_live()) return;
  if (one_in(2)) write(*run, false);
  static const Outcome outcomes[] = {Exited{0}, Exited{0}, Exited{1}, Signaled{SIGTERM}};
  end(*run, outcomes[random(4)]);
}

void World::step_signal() {
  static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
  if (ModelCaller* caller = any_caller()) signal(*caller, signals[random(4)]);
}

void World::step_time() {
  pass_time(some_time(25));
}

void World::step_launching() {
  static const Outcome failures[] = {NotExecuted{2}, Broken{"no more descriptors"}};
  launch_failure_.reset();
  if (one_in(4)) launch_failure_ = failures[random(2)];
  bench_.launcher.fail_with(launch_failure_);
}

void World::step_kill() {
  ModelRun* run = one_in(6) ? nullptr : any_run();
  const RunId id = run != nullptr ? run->id : last_id_ + 1;
  const bool in_flight = run != nullptr && !run->outcome;
  log("kill", id);
  if (in_flight) note_stop(*run);
  expect(bench_.reducer.kill(id) == in_flight, "a run was killed or not wrongly");
}

void World::step_forget() {
  ModelRun* run = one_in(6) ? nullptr : any_run();
  const RunId id = run != nullptr ? run->id : last_id_ + 1;
  const bool there = run != nullptr && (!run->outcome || run->standing == Standing::held);
  log("forget", id);
  // A queued one has nothing yet that could be forgotten.
  if (there && run->state != State::queued) retire(*run);
  expect(bench_.reducer.forget(id) == there, "a run was forgotten or not wrongly");
}

void World::step_stop_all() {
  log("stop all", 0);
  // Those who ask again would meet some runs that are still to be stopped, and others not.
  const unsigned depth = std::exchange(depth_, kDeepest);
  for (std::size_t i = runs_.size(); i-- > 0;) {
    if (!runs_[i]->outcome) note_stop(*runs_[i]);
  }
  bench_.reducer.stop_all();
  depth_ = depth;
}

std::string World::some_identity() {
  static const std::string identities[] = {"a", "b", "c", ""};
  return identities[random(4)];
}

CallOptions World::some_options() {
  CallOptions options;
  options.no_join = one_in(12);
  options.fresh = one_in(5);
  if (one_in(6)) options.max_age = some_time(40);
  if (one_in(3)) options.ttl = some_time(40);
  if (one_in(5)) options.timeout = some_time(80);
  if (one_in(3)) options.kill_after = some_time(60);
  if (one_in(4)) options.retries = 1 + random(3);
  if (one_in(2)) options.retry_delay = some_time(15);
  if (one_in(4)) options.linger = some_time(30);
  options.keep = one_in(15);
  return options;
}

/// Runs in which the caller is, or was: itself a process of theirs.
std::vector<RunId> World::some_chain() {
  std::vector<RunId> chain;
  if (!one_in(5)) return chain;
  for (unsigned left = 1 + random(2); left > 0; --left) {
    if (const ModelRun* run = any_run()) chain.push_back(run->id);
  }
  return chain;
}

}  // namespace reduce::test
