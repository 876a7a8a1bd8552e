#include "model.hpp"

#include <algorithm>

namespace reduce::test {

using namespace std::chrono_literals;
using State = Run::State;

const std::vector<World::Step> World::kSteps = {
    {30, &World::step_call},   {10, &World::step_leave},    {15, &World::step_catch_up},
    {30, &World::step_output}, {10, &World::step_end},      {4, &World::step_signal},
    {10, &World::step_time},   {2, &World::step_launching},
};

World::World(std::uint32_t seed, std::uint64_t first_segment, std::uint64_t next_segment)
    : random_(seed), bench_({.runs = kMostRuns}, tiny_segments(first_segment, next_segment)) {}

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
  return fault_.empty();
}

bool World::finish() {
  log("finish", 0);
  for (const auto& caller : callers_) caller->asks_again = caller->joins_on_output = false;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (!runs_[i]->outcome) end(*runs_[i], Exited{0});
  }
  for (std::size_t i = 0; i < callers_.size(); ++i) callers_[i]->caller.be_prompt();
  pass_time(10s);
  check();
  forget_what_is_over();
  expect(runs_.empty() && callers_.empty(), "somebody is stuck");
  expect(bench_.reducer.is_idle(), "the reducer is not idle");
  expect(bench_.reducer.running() == 0, "runs are left");
  expect(bench_.reducer.callers() == 0, "callers are left");
  expect(bench_.clock.pending() == 0, "timers are left");
  return fault_.empty();
}

std::string World::last_steps() const {
  std::string text;
  for (const auto& [what, run] : log_) text.append(what).append(" ") += std::to_string(run) + "\n";
  return text;
}

void World::step_call() {
  if (callers_.size() >= kMostCallers) return;
  static const std::string identities[] = {"a", "b", "c", ""};
  call(identities[random(4)], one_in(8));
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
  if (run != nullptr && !run->outcome) write(*run, true);
}

void World::step_end() {
  ModelRun* run = any_run();
  if (run == nullptr || run->outcome) return;
  if (one_in(2)) write(*run, false);
  static const Outcome outcomes[] = {Exited{0}, Exited{0}, Exited{1}, Signaled{SIGTERM}};
  end(*run, outcomes[random(4)]);
}

void World::step_signal() {
  ModelCaller* caller = any_caller();
  if (caller == nullptr) return;
  ModelRun& run = *caller->run;
  log("signal", run.id);
  const bool alone = run.present == 1 && run.state == State::running;
  if (alone) {
    if (table_[run.identity] == &run) table_.erase(run.identity);
    run.signals.push_back(SIGINT);
  }
  expect(caller->caller.pass_signal(SIGINT) == alone, "a signal went where it should not");
  if (!alone) leave(*caller);
}

void World::step_time() {
  pass_time(random(3000) * 1ms);
}

void World::step_launching() {
  static const Outcome failures[] = {NotExecuted{2}, Broken{"no more descriptors"}};
  launch_failure_.reset();
  if (one_in(3)) launch_failure_ = failures[random(2)];
  bench_.launcher.fail_with(launch_failure_);
}

void World::call(const std::string& identity, bool unshared) {
  auto owned = std::make_unique<ModelCaller>(bench_.reducer);
  ModelCaller& caller = *owned;
  caller.asks_again = one_in(5);
  caller.joins_on_output = one_in(10);
  if (one_in(8)) caller.leaves_after = 1 + random(200);
  if ((caller.slow = one_in(3))) caller.caller.be_slow();
  caller.caller.at_output = [this, &caller](FakeCaller&) { on_output(caller); };
  caller.caller.at_outcome = [this, &caller](FakeCaller&) { on_outcome(caller); };

  const auto found = table_.find(identity);
  ModelRun* run = unshared || found == table_.end() ? nullptr : found->second;
  const bool joins = run != nullptr;
  const bool refused = !joins && count_in_flight() >= kMostRuns;
  if (!joins && !refused) {
    runs_.push_back(std::make_unique<ModelRun>());
    run = runs_.back().get();
    run->id = ++last_id_;
    run->identity = identity;
    run->started = bench_.clock.now();
    if (launch_failure_) {
      run->served = 1;
      note_end(*run, *launch_failure_);
    } else if (!unshared) {
      table_[identity] = run;
    }
  }
  log(refused ? "call refused" : joins ? "call joins" : "call starts", refused ? 0 : run->id);
  const std::size_t launched = bench_.launcher.attempts();
  if (!refused) {
    caller.run = run;
    caller.role = joins ? Role::joined : Role::started;
    caller.age = bench_.clock.now() - run->started;
    ++run->present;
    run->served += joins || !launch_failure_;
    ++totals_.total;
    ++(joins ? totals_.reduced : totals_.executed);
    callers_.push_back(std::move(owned));
  }
  const bool launches = !joins && !refused && !launch_failure_;
  TestCommand command;
  command.options.no_join = unshared;
  const bool accepted = caller.caller.ask(identity, command);
  expect(accepted == !refused, "a call was refused or not against the limit");
  if (!launches) return;
  expect(bench_.launcher.attempts() == launched + 1, "a call that should have launched did not");
  if (fault_.empty()) run->process = bench_.launcher.last();
  bench_.launcher.forget();
}

void World::leave(ModelCaller& caller) {
  ModelRun& run = *caller.run;
  log("leave", run.id);
  caller.run = nullptr;
  if (--run.present == 0 && run.state == State::running) stop(run);
  caller.caller.leave();
}

void World::write(ModelRun& run, bool at_once) {
  log(at_once ? "write" : "write unseen", run.id);
  const unsigned parts = at_once ? 1 + random(3) : 1;
  for (unsigned part = 0; part < parts; ++part) {
    const bool out = !one_in(3);
    std::string bytes(one_in(40) ? 300 + random(2000) : 1 + random(60), '\0');
    for (char& byte : bytes) byte = static_cast<char>((out ? 'a' : 'A') + random(26));
    (out ? run.out : run.err) += bytes;
    run.all += bytes;
    const Stream stream = out ? Stream::out : Stream::err;
    if (at_once) {
      run.process->write(stream, bytes, one_in(2) ? 1 << 20 : 10 + random(100));
    } else {
      expect(run.process->put(stream, bytes) == bytes.size(), "a pipe was full");
    }
  }
}

void World::end(ModelRun& run, const Outcome& outcome) {
  // What is left in its pipes first: callers may leave or come amid that.
  run.process->offer(Stream::out);
  run.process->offer(Stream::err);
  log("end", run.id);
  note_end(run, outcome);
  if (const auto* exited = std::get_if<Exited>(&outcome)) {
    run.process->exit(exited->code);
  } else {
    run.process->die(std::get<Signaled>(outcome).signal);
  }
}

void World::pass_time(Duration by) {
  log("time", 0);
  for (const auto& run : runs_) {
    if (!run->kill_at || *run->kill_at > bench_.clock.now() + by) continue;
    run->kill_at.reset();
    run->signals.push_back(SIGKILL);
  }
  bench_.clock.advance(by);
}

void World::stop(ModelRun& run) {
  const auto found = table_.find(run.identity);
  if (found != table_.end() && found->second == &run) table_.erase(found);
  run.state = State::stopping;
  run.signals.push_back(SIGTERM);
  run.kill_at = bench_.clock.now() + 5s;
}

void World::note_end(ModelRun& run, const Outcome& outcome) {
  const auto found = table_.find(run.identity);
  if (found != table_.end() && found->second == &run) table_.erase(found);
  run.state = State::ended;
  run.outcome = outcome;
  totals_.errors += outcome != Outcome(Exited{0});
  totals_.time_saved += (bench_.clock.now() - run.started) * (run.served - 1);
}

void World::on_output(ModelCaller& caller) {
  check_bytes(caller, *caller.run);
  if (caller.joins_on_output && callers_.size() < kMostCallers && depth_ < 3) {
    ++depth_;
    call(caller.run->identity, one_in(8));
    --depth_;
  }
  if (caller.run != nullptr && caller.caller.all().size() >= caller.leaves_after) leave(caller);
}

void World::on_outcome(ModelCaller& caller) {
  expect(caller.run != nullptr, "an outcome came to one who has left");
  if (caller.run == nullptr) return;
  ModelRun& run = *caller.run;
  caller.run = nullptr;
  --run.present;
  expect(run.outcome.has_value(), "an outcome came before the end");
  expect(caller.caller.outcome() == run.outcome, "the outcome is another");
  expect(caller.caller.all().size() == run.all.size(), "the outcome came before all output");
  check_bytes(caller, run);
  if (!caller.asks_again || depth_ >= 3) return;
  ++depth_;
  call(run.identity, one_in(8));
  --depth_;
}

}  // namespace reduce::test
