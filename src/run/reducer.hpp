#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "run/hooks.hpp"
#include "run/run.hpp"
#include "run/wait_graph.hpp"

namespace reduce {

/// The table identity → run in flight: join or start. The one place where that is decided.
class Reducer final : private RunOwner {
 public:
  struct Limits {
    std::size_t runs = 1000;
    Duration stall_timeout = std::chrono::seconds(60);  ///< see Run::World
  };
  /// All four outlive the reducer.
  Reducer(Launcher& launcher, Clock& clock, const SegmentStore& store, Hooks& hooks, Limits limits);
  ~Reducer();

  /// Gives the caller a run of this command: one that is there and fresh enough for it, else a new
  /// one. Caller::progress() may be called before this returns. False where no more runs are
  /// allowed: then `place` is left as it is.
  [[nodiscard]] bool apply(const Identity& identity, const CommandView& command, Place& place,
                           Caller& caller);

  /// The caller is gone or has its outcome. The last one takes its run with it.
  void leave(Caller& caller);

  /// A signal that the caller got. True: it was the only one and the run got the signal; it stays
  /// for the outcome. False: others wait too, or there is no process to get it: it is to leave
  /// alone.
  bool pass_signal(Caller& caller, int signal);

  /// Ends a run: SIGTERM to its process group, after the grace SIGKILL. False for an unknown id.
  bool kill(RunId id);
  /// Lets later callers start anew; the present ones keep the run. False for an unknown id.
  bool forget(RunId id);
  /// Ends all runs.
  void stop_all();
  /// Lets go of runs that were stopped and ended, and whose process group `is_empty` by now.
  void clear_up(const std::function<bool(pid_t)>& is_empty);

  /// Runs in flight, those being stopped included.
  std::size_t running() const { return in_flight_; }
  bool let_go_of_held() override;
  /// Callers that wait for a run's outcome.
  std::size_t callers() const { return callers_; }
  /// Nothing is in flight and nothing is left to clear up.
  bool is_idle() const { return runs_.empty(); }
  /// Visits the runs in flight, oldest first.
  void for_each_run(const std::function<void(const Run&)>& visit) const;

 private:
  /// What there is of one identity. An entry without any is erased.
  struct Entry {
    Run* joinable = nullptr;  ///< in flight, and callers may join it
    Run* awaited = nullptr;   ///< whose end the queued one waits for; it may be retired
    std::shared_ptr<Run> queued;
    std::shared_ptr<Run> held;  ///< ended well, and still to be shared for a while
    std::unique_ptr<Timer> held_timer;

    bool is_empty() const { return !joinable && !queued && !held; }
  };
  using Table = std::unordered_map<Identity, Entry>;

  Run* find_shareable(Entry& entry, const CallOptions& options) const;
  void join(Run& run, Caller& caller, const CallOptions& options);
  std::shared_ptr<Run> make_run(const Identity& identity, const CommandView& command, Place place,
                                bool shared);
  void attach(Run& run, Caller& caller, Role role, const CallOptions& options);
  void launch_shared(Entry& entry, Run& run);
  void launch(Run& run);
  void abandon(Run& run);
  void note_end(const Run& run);
  void start_queued(Table::iterator found);
  void hold(Entry& entry, Run& run);
  std::shared_ptr<Run> take_held(Entry& entry);
  void drop_held(const Identity& identity);
  void erase_if_empty(Table::iterator found);

  void retire(Run& run) override;
  void retried(Run& run) override;
  void make_way(const Run& waiting) override;
  void ended(Run& run) override;
  void gone(Run& run) override;

  const Run::World world_;
  Hooks& hooks_;
  const Limits limits_;
  RunId last_id_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t callers_ = 0;
  Table table_;
  WaitGraph waits_;
  std::map<RunId, std::shared_ptr<Run>> runs_;
  std::map<RunId, Run*> attended_;     ///< those that have callers, ended ones too
  std::map<RunId, Identity> holding_;  ///< held runs, oldest first
};

}  // namespace reduce
