#include "run/reducer.hpp"

#include <utility>

namespace reduce {

Reducer::Reducer(Launcher& launcher, Clock& clock, const SegmentStore& store, Hooks& hooks,
                 Limits limits)
    : launcher_(launcher), clock_(clock), store_(store), hooks_(hooks), limits_(limits) {}

Reducer::~Reducer() = default;

bool Reducer::apply(const Identity& identity, const CommandView& command, Place place,
                    Caller& caller) {
  const auto found = command.options.no_join ? in_flight_.end() : in_flight_.find(identity);
  if (found != in_flight_.end()) {
    Run& run = *found->second;
    hooks_.apply(identity);
    run.add(caller, Role::joined);
    ++callers_;
    hooks_.reduce(run, caller);
    return true;
  }
  if (running_ >= limits_.runs) return false;
  hooks_.apply(identity);
  start(identity, command, std::move(place), caller);
  return true;
}

void Reducer::start(const Identity& identity, const CommandView& command, Place place,
                    Caller& caller) {
  const auto run = std::make_shared<Run>(++last_id_, identity, Command(command, std::move(place)),
                                         static_cast<RunOwner&>(*this), clock_, store_);
  runs_.emplace(run->id(), run);
  ++running_;
  const bool joinable = !command.options.no_join;
  if (joinable) in_flight_.emplace(run->identity(), run.get());
  run->add(caller, Role::started);
  ++callers_;
  if (!joinable) run->close_beginning();
  hooks_.execute(*run);
  run->start(launcher_);
}

void Reducer::leave(Caller& caller) {
  const std::shared_ptr<Run> run = caller.run();
  if (!run) return;
  run->remove(caller);
  --callers_;
  if (run->callers() > 0 || run->state() != Run::State::running) return;
  retire(*run);
  run->stop();
}

bool Reducer::pass_signal(Caller& caller, int signal) {
  Run& run = *caller.run();
  if (run.callers() > 1 || run.state() != Run::State::running) return false;
  retire(run);
  run.pass_signal(signal);
  return true;
}

void Reducer::stop_all() {
  const auto runs = runs_;
  for (const auto& [id, run] : runs) {
    retire(*run);
    run->stop();
  }
}

void Reducer::for_each_run(const std::function<void(const Run&)>& visit) const {
  for (const auto& [id, run] : runs_) {
    if (run->state() != Run::State::ended) visit(*run);
  }
}

void Reducer::retire(Run& run) {
  const auto found = in_flight_.find(run.identity());
  if (found != in_flight_.end() && found->second == &run) in_flight_.erase(found);
  run.close_beginning();
}

void Reducer::ended(Run& run) {
  --running_;
  if (is_success(*run.outcome())) {
    hooks_.result(run);
  } else {
    hooks_.error(run);
  }
  if (!run.is_clearing_up()) runs_.erase(run.id());
}

void Reducer::gone(Run& run) { runs_.erase(run.id()); }

}  // namespace reduce
