#include "run/reducer.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace reduce {

Reducer::Reducer(Launcher& launcher, Clock& clock, const SegmentStore& store, Hooks& hooks,
                 Limits limits)
    : world_{*this, launcher, clock, store, limits.stall_timeout}, hooks_(hooks), limits_(limits) {}

Reducer::~Reducer() = default;

bool Reducer::apply(const Identity& identity, const CommandView& command, Place& place,
                    Caller& caller) {
  const CallOptions& options = command.options;
  Entry* entry = nullptr;
  bool shared = !options.no_join;
  if (shared) {
    entry = &table_[identity];
    if (Run* run = find_shareable(*entry, options)) {
      if (!waits_.would_deadlock(caller.chain(), run->id())) {
        join(*run, caller, options);
        return true;
      }
      shared = false;
    }
  }
  const bool queue = shared && options.fresh && entry->joinable != nullptr;
  if (queue && waits_.would_deadlock(caller.chain(), entry->joinable->id())) shared = false;
  if (in_flight_ >= limits_.runs) {
    if (entry != nullptr) erase_if_empty(table_.find(identity));
    return false;
  }

  const auto run = make_run(identity, command, std::move(place), shared);
  attach(*run, caller, Role::started, options);
  hooks_.apply(*run);
  if (!shared) {
    run->close_beginning();
    launch(*run);
  } else if (queue) {
    entry->queued = run;
    entry->awaited = entry->joinable;
    waits_.add({run->id()}, entry->awaited->id());
  } else {
    launch_shared(*entry, *run);
  }
  return true;
}

/// The run of this identity that may serve a call with these options.
Run* Reducer::find_shareable(Entry& entry, const CallOptions& options) const {
  if (options.fresh) return entry.queued.get();
  if (entry.joinable != nullptr) {
    const bool young = !options.max_age || entry.joinable->age() <= *options.max_age;
    return young ? entry.joinable : nullptr;
  }
  if (entry.queued) return entry.queued.get();
  if (entry.held && options.ttl) {
    const Duration since_end = entry.held->age() - entry.held->duration();
    const bool young = !options.max_age || entry.held->age() <= *options.max_age;
    if (young && since_end <= *options.ttl) return entry.held.get();
  }
  return nullptr;
}

void Reducer::join(Run& run, Caller& caller, const CallOptions& options) {
  attach(run, caller, Role::joined, options);
  hooks_.apply(run);
  hooks_.reduce(run, caller);
}

std::shared_ptr<Run> Reducer::make_run(const Identity& identity, const CommandView& command,
                                       Place place, bool shared) {
  auto run = std::make_shared<Run>(++last_id_, identity, Command(command, std::move(place)), shared,
                                   world_);
  runs_.emplace(run->id(), run);
  ++in_flight_;
  return run;
}

void Reducer::attach(Run& run, Caller& caller, Role role, const CallOptions& options) {
  run.add(caller, role, options);
  attended_[run.id()] = &run;
  ++callers_;
  waits_.add(caller.chain(), run.id());
}

/// Later callers join this run: what there was before is too old.
void Reducer::launch_shared(Entry& entry, Run& run) {
  if (entry.joinable != nullptr) entry.joinable->close_beginning();
  entry.joinable = &run;
  if (const auto held = take_held(entry)) held->close_beginning();
  launch(run);
}

void Reducer::launch(Run& run) {
  hooks_.execute(run);
  run.start();
}

void Reducer::leave(Caller& caller) {
  const std::shared_ptr<Run> run = caller.run();
  if (!run) return;
  waits_.remove(caller.chain(), run->id());
  if (!run->outcome()) hooks_.leave(*run, caller);
  run->remove(caller);
  --callers_;
  if (run->callers() > 0) return;
  attended_.erase(run->id());
  if (run->outcome()) return;
  const auto linger = run->linger();
  if (!linger) return;
  if (*linger == Duration::zero()) return abandon(*run);
  run->set_linger_timer(world_.clock.after(*linger, [this, id = run->id()] { kill(id); }));
}

void Reducer::abandon(Run& run) {
  const auto self = run.shared_from_this();
  retire(run);
  run.stop();
}

bool Reducer::pass_signal(Caller& caller, int signal) {
  const std::shared_ptr<Run> run = caller.run();
  if (run->callers() > 1 || run->state() != Run::State::running) return false;
  retire(*run);
  run->pass_signal(signal);
  return true;
}

bool Reducer::kill(RunId id) {
  const auto found = runs_.find(id);
  if (found == runs_.end() || found->second->outcome()) return false;
  abandon(*found->second);
  return true;
}

bool Reducer::forget(RunId id) {
  if (const auto found = runs_.find(id); found != runs_.end() && !found->second->outcome()) {
    // A queued one has not begun: it is new for whoever joins it.
    if (found->second->state() != Run::State::queued) retire(*found->second);
    return true;
  }
  const auto held = holding_.find(id);
  if (held == holding_.end()) return false;
  drop_held(Identity(held->second));
  return true;
}

void Reducer::stop_all() {
  const auto runs = runs_;
  // The youngest first: a queued one must not start because what it waited for is stopped.
  for (auto at = runs.rbegin(); at != runs.rend(); ++at) {
    if (!at->second->outcome()) abandon(*at->second);
  }
}

void Reducer::clear_up(const std::function<bool(pid_t)>& is_empty) {
  const auto runs = runs_;
  for (const auto& [id, run] : runs) {
    if (run->is_clearing_up() && is_empty(run->pid())) run->clear_up();
  }
}

void Reducer::for_each_run(const std::function<void(const Run&)>& visit) const {
  for (const auto& [id, run] : runs_) {
    if (!run->outcome()) visit(*run);
  }
}

void Reducer::retire(Run& run) {
  if (run.outcome()) note_end(run);
  const auto found = table_.find(run.identity());
  if (found == table_.end()) return run.close_beginning();
  Entry& entry = found->second;
  const bool was_joinable = entry.joinable == &run;
  if (was_joinable) entry.joinable = nullptr;
  if (entry.queued.get() == &run) {
    waits_.remove({run.id()}, entry.awaited->id());
    entry.awaited = nullptr;
    entry.queued.reset();
  }
  const bool wanted =
      was_joinable && run.outcome() && is_success(*run.outcome()) && run.ttl() > Duration::zero();
  if (wanted) return hold(entry, run);
  run.close_beginning();
  erase_if_empty(found);
}

/// Of ended runs no more are held than may be in flight.
void Reducer::hold(Entry& entry, Run& run) {
  entry.held = run.shared_from_this();
  entry.held_timer =
      world_.clock.after(run.ttl(), [this, identity = run.identity()] { drop_held(identity); });
  holding_.emplace(run.id(), run.identity());
  if (holding_.size() > limits_.runs) drop_held(Identity(holding_.begin()->second));
}

/// Before a caller is told, who may come back at once and share the run while it is held.
void Reducer::note_end(const Run& run) {
  --in_flight_;
  if (is_success(*run.outcome())) {
    hooks_.result(run);
  } else if (run.has_started()) {
    hooks_.error(run);
  } else {
    hooks_.cancel(run);
  }
}

void Reducer::retried(Run& run) {
  hooks_.retry(run);
}

bool Reducer::let_go_of_held() {
  const bool some = !holding_.empty();
  while (!holding_.empty()) drop_held(Identity(holding_.begin()->second));
  return some;
}

/// Those of whom most is kept come first.
void Reducer::make_way(const Run& waiting) {
  std::vector<std::shared_ptr<Run>> others;
  for (const auto& [id, run] : attended_) others.push_back(run->shared_from_this());
  std::ranges::stable_sort(others, std::greater(), &Run::kept);
  for (const auto& run : others) {
    if (waiting.has_room()) return;
    run->dismiss_stalled("while others wait for its room (see reduced --spool-total)");
  }
}

void Reducer::ended(Run& run) {
  const auto self = run.shared_from_this();
  if (!run.is_clearing_up()) runs_.erase(run.id());
  const auto found = table_.find(run.identity());
  if (found != table_.end() && found->second.awaited == &run) start_queued(found);
}

/// The run that the queued one waited for has ended: it is its turn.
void Reducer::start_queued(Table::iterator found) {
  Entry& entry = found->second;
  const std::shared_ptr<Run> run = std::exchange(entry.queued, nullptr);
  waits_.remove({run->id()}, std::exchange(entry.awaited, nullptr)->id());
  launch_shared(entry, *run);
}

void Reducer::drop_held(const Identity& identity) {
  const auto found = table_.find(identity);
  if (found == table_.end()) return;
  // The timer that calls this may be its own.
  const auto timer = std::move(found->second.held_timer);
  const auto run = take_held(found->second);
  if (!run) return;
  run->close_beginning();
  erase_if_empty(found);
}

std::shared_ptr<Run> Reducer::take_held(Entry& entry) {
  entry.held_timer.reset();
  auto run = std::exchange(entry.held, nullptr);
  if (run) holding_.erase(run->id());
  return run;
}

void Reducer::erase_if_empty(Table::iterator found) {
  if (found != table_.end() && found->second.is_empty()) table_.erase(found);
}

void Reducer::gone(Run& run) {
  runs_.erase(run.id());
}

}  // namespace reduce
