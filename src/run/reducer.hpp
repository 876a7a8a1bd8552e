#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "run/hooks.hpp"
#include "run/run.hpp"

namespace reduce {

/// The table identity → run in flight: join or start. The one place where that is decided.
class Reducer final : private RunOwner {
 public:
  struct Limits {
    std::size_t runs = 1000;
  };
  /// All four outlive the reducer.
  Reducer(Launcher& launcher, Clock& clock, const SegmentStore& store, Hooks& hooks, Limits limits);
  ~Reducer();

  /// Gives the caller a run: the one in flight for this identity, else a new one of this command.
  /// Caller::progress() may be called before this returns. False where no more runs are allowed.
  [[nodiscard]] bool apply(const Identity& identity, const CommandView& command, Place place,
                           Caller& caller);

  /// The caller is gone or has its outcome. The last one takes its run with it.
  void leave(Caller& caller);

  /// A signal that the caller got. True: it was the only one and the run got the signal; it stays
  /// for the outcome. False: others wait too, or the run is at its end: it is to leave alone.
  bool pass_signal(Caller& caller, int signal);

  /// Ends all runs.
  void stop_all();

  /// Runs in flight, those being stopped included.
  std::size_t running() const { return running_; }
  /// Callers that wait for a run's outcome.
  std::size_t callers() const { return callers_; }
  /// Nothing is in flight and nothing is left to clear up.
  bool is_idle() const { return runs_.empty(); }
  void for_each_run(const std::function<void(const Run&)>& visit) const;

 private:
  void start(const Identity& identity, const CommandView& command, Place place, Caller& caller);
  void retire(Run& run) override;
  void ended(Run& run) override;
  void gone(Run& run) override;

  Launcher& launcher_;
  Clock& clock_;
  const SegmentStore& store_;
  Hooks& hooks_;
  const Limits limits_;
  RunId last_id_ = 0;
  std::size_t running_ = 0;
  std::size_t callers_ = 0;
  std::unordered_map<std::string_view, Run*> in_flight_;  ///< keys are the runs' own identities
  std::map<RunId, std::shared_ptr<Run>> runs_;
};

}  // namespace reduce
