// Calls and those who make them.
#include <algorithm>
#include <set>
#include <utility>

#include "model.hpp"

namespace reduce::test {
namespace {

std::string describe(const CallOptions& options) {
  std::string text;
  const auto add = [&text](const char* name, const std::optional<Duration>& value) {
    if (value) text.append(name) += std::to_string(value->count() / 1'000'000) + "ms";
  };
  if (options.no_join) text += " no-join";
  if (options.fresh) text += " fresh";
  if (options.keep) text += " keep";
  if (options.retries > 0) text += " retries " + std::to_string(options.retries);
  add(" delay ", options.retry_delay);
  add(" max-age ", options.max_age);
  add(" ttl ", options.ttl);
  add(" timeout ", options.timeout);
  add(" kill-after ", options.kill_after);
  add(" linger ", options.linger);
  return text;
}

}  // namespace

void World::call(const std::string& identity, const CallOptions& options,
                 std::vector<RunId> chain) {
  auto owned = std::make_unique<ModelCaller>(bench_.reducer);
  ModelCaller& caller = *owned;
  caller.asks_again = one_in(5);
  caller.joins_on_output = one_in(10);
  if (one_in(8)) caller.leaves_after = 1 + random(200);
  if ((caller.slow = one_in(3))) caller.caller.be_slow();
  caller.caller.at_output = [this, &caller](FakeCaller&) { on_output(caller); };
  caller.caller.at_outcome = [this, &caller](FakeCaller&) { on_outcome(caller); };

  const Choice choice = choose(identity, options, chain);
  caller.caller.set_chain(std::move(chain));
  const bool refused = choice.joins == nullptr && count_in_flight() >= kMostRuns;
  const char* what = choice.joins != nullptr ? "joins " : refused ? "refused " : "starts ";
  if (!refused) {
    const Role role = choice.joins != nullptr ? Role::joined : Role::started;
    ModelRun& run = choice.joins != nullptr ? *choice.joins : make_run(identity, options, choice);
    attach(caller, run, role, options);
    callers_.push_back(std::move(owned));
  }
  log(what + identity + describe(options), refused ? 0 : caller.run->id);
  TestCommand command;
  command.options = options;
  const bool accepted = caller.caller.ask(identity, command);
  expect(accepted == !refused, "a call was refused or not against the limit");
}

/// Another call comes while a caller is being served.
void World::call_from_within(const std::string& identity) {
  if (depth_ >= kDeepest || callers_.size() >= kMostCallers) return;
  ++depth_;
  call(identity, some_options(), some_chain());
  --depth_;
}

World::Choice World::choose(const std::string& identity, const CallOptions& options,
                            const std::vector<RunId>& chain) {
  const Choice alone{nullptr, nullptr, true};
  if (options.no_join) return alone;
  Choice choice;
  choice.joins = find_shareable(identity, options);
  if (choice.joins == nullptr && options.fresh) choice.awaits = find(identity, Standing::joinable);
  const ModelRun* run = choice.joins != nullptr ? choice.joins : choice.awaits;
  return run != nullptr && is_circle(chain, *run) ? alone : choice;
}

ModelRun* World::find_shareable(const std::string& identity, const CallOptions& options) {
  const auto is_young = [&](const ModelRun& run) {
    return !options.max_age || now_ - *run.started <= *options.max_age;
  };
  ModelRun* queued = find(identity, Standing::queued);
  if (options.fresh) return queued;
  ModelRun* joinable = find(identity, Standing::joinable);
  if (joinable != nullptr) return is_young(*joinable) ? joinable : nullptr;
  if (queued != nullptr) return queued;
  ModelRun* held = find(identity, Standing::held);
  if (held == nullptr || !options.ttl || !is_young(*held)) return nullptr;
  return now_ <= *held->started + held->duration + *options.ttl ? held : nullptr;
}

/// Whether one of the chain's runs would wait for itself if it waited for this one.
bool World::is_circle(const std::vector<RunId>& chain, const ModelRun& run) const {
  std::set<RunId> awaited{run.id};
  for (std::size_t before = 0; before != awaited.size();) {
    before = awaited.size();
    for (const auto& caller : callers_) {
      if (caller->run == nullptr) continue;
      for (const RunId waiting : caller->caller.chain()) {
        if (awaited.contains(waiting)) awaited.insert(caller->run->id);
      }
    }
    for (const auto& other : runs_) {
      if (other->awaited != nullptr && awaited.contains(other->id)) {
        awaited.insert(other->awaited->id);
      }
    }
  }
  return std::any_of(chain.begin(), chain.end(), [&](RunId id) { return awaited.contains(id); });
}

ModelRun& World::make_run(const std::string& identity, const CallOptions& options,
                          const Choice& choice) {
  runs_.push_back(std::make_unique<ModelRun>());
  ModelRun& run = *runs_.back();
  run.id = ++last_id_;
  run.identity = identity;
  run.options = options;
  run.tries_left = options.retries;
  run.standing = choice.alone ? Standing::alone : Standing::queued;
  run.awaited = choice.awaits;
  run.launch_due = choice.awaits == nullptr;
  return run;
}

void World::attach(ModelCaller& caller, ModelRun& run, Role role, const CallOptions& options) {
  caller.run = &run;
  caller.role = role;
  caller.age = run.started ? now_ - *run.started : Duration::zero();
  ++run.present;
  ++run.served;
  run.linger.reset();
  run.linger_for = std::max(run.linger_for, options.linger.value_or(Duration::zero()));
  run.ttl = std::max(run.ttl, options.ttl.value_or(Duration::zero()));
  run.keep = run.keep || options.keep;
  ++totals_.total;
  if (role == Role::started) return;
  ++totals_.reduced;
  if (run.outcome) count_saved(run, 1);
}

void World::leave(ModelCaller& caller) {
  ModelRun& run = *caller.run;
  log("leave", run.id);
  caller.run = nullptr;
  if (--run.present == 0 && !run.outcome && !run.keep) {
    if (run.linger_for > Duration::zero()) {
      run.linger = due(run.linger_for);
    } else {
      note_stop(run);
    }
  }
  caller.caller.leave();
}

void World::signal(ModelCaller& caller, int signal) {
  ModelRun& run = *caller.run;
  log("signal", run.id);
  const bool alone = run.present == 1 && run.state == State::running;
  if (alone) {
    retire(run);
    run.interrupted = true;
    if (run.is_live()) {
      run.signals.push_back(signal);
    } else {
      note_end(run, Signaled{signal});
    }
  }
  expect(caller.caller.pass_signal(signal) == alone, "a signal went where it should not");
  if (!alone) leave(caller);
}

void World::on_output(ModelCaller& caller) {
  check_bytes(caller, *caller.run);
  if (caller.joins_on_output) call_from_within(caller.run->identity);
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
  if (caller.asks_again) call_from_within(run.identity);
}

}  // namespace reduce::test
