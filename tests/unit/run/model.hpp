#pragma once

#include <csignal>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/bench.hpp"

namespace reduce::test {

/// When a timer fires; of two at one time, the one that was set first.
struct Due {
  TimePoint at{};
  std::uint64_t order = 0;
  auto operator<=>(const Due&) const = default;
};

/// What must be known of a run to say what its callers see.
struct ModelRun {
  /// Who may come to it.
  enum class Standing {
    alone,     ///< nobody
    queued,    ///< it has not begun: even those who want a fresh result
    joinable,  ///< it is in flight: those for whom it is young enough
    held       ///< it has ended well: those who take such results
  };

  RunId id = 0;
  std::string identity;
  CallOptions options;  ///< of the call that it was made for
  Standing standing = Standing::alone;
  Run::State state = Run::State::queued;
  ModelRun* awaited = nullptr;  ///< whose end it is queued for
  bool launch_due = false;      ///< a try is to start before this step is over
  std::uint32_t tries_left = 0;
  std::optional<TimePoint> started;
  Duration duration{}, cpu{};
  std::string out, err, all;                 ///< what the process of the try at hand has written
  std::vector<int> signals;                  ///< sent to its process group
  std::shared_ptr<ScriptedProcess> process;  ///< none between two tries
  bool interrupted = false, timed_out = false, killed = false;
  std::optional<Outcome> outcome;
  std::optional<Due> timeout, kill, retry, linger, expiry;
  std::size_t present = 0;  ///< callers on it
  std::size_t served = 0;   ///< callers that ever were
  Duration linger_for{}, ttl{};
  bool keep = false;

  bool is_live() const { return process && !outcome; }
  /// Callers may see output: the try at hand is the one that counts.
  bool is_visible() const { return outcome || (started && tries_left == 0); }
  bool is_released() const { return outcome && !kill; }
};

/// A caller and what must be true of it.
struct ModelCaller {
  explicit ModelCaller(Reducer& reducer) : caller(reducer) {}

  FakeCaller caller;
  ModelRun* run = nullptr;  ///< none once it has left or has its outcome
  Role role = Role::started;
  Duration age{};
  bool slow = false;
  bool asks_again = false;              ///< when it learns of its outcome
  bool joins_on_output = false;         ///< another call comes while it copies
  std::size_t leaves_after = SIZE_MAX;  ///< bytes
  std::size_t checked_out = 0, checked_err = 0, checked_all = 0;
};

/// A reducer under random calls beside a model of it in the simplest terms: each step changes the
/// model first, then the reducer, and then both must agree. A new feature adds its part to the
/// model's step and one line to kSteps.
class World {
 public:
  World(std::uint32_t seed, std::uint64_t first_segment, std::uint64_t next_segment);
  ~World();

  /// One random step. False once something was wrong; fault() says what.
  bool step();
  /// Lets everything come to its end: nothing may stay, and each identity still works.
  bool finish();

  const std::string& fault() const { return fault_; }
  std::string last_steps() const;

 private:
  using Standing = ModelRun::Standing;
  using State = Run::State;
  struct Step {
    unsigned weight;
    void (World::*go)();
  };
  struct TimerKind {
    std::optional<Due> ModelRun::*due;
    void (World::*fire)(ModelRun&);
  };
  /// How a call is served: it joins a run, or has one of its own.
  struct Choice {
    ModelRun* joins = nullptr;
    ModelRun* awaits = nullptr;  ///< its own is queued for the end of this one
    bool alone = false;          ///< its own is for nobody else
  };
  static const std::vector<Step> kSteps;
  static const std::vector<TimerKind> kTimers;

  // What may happen: model_steps.cpp.
  void step_call();
  void step_leave();
  void step_catch_up();
  void step_output();
  void step_end();
  void step_signal();
  void step_time();
  void step_launching();
  void step_kill();
  void step_forget();
  void step_stop_all();
  std::string some_identity();
  CallOptions some_options();
  std::vector<RunId> some_chain();
  Duration some_time(unsigned most_tenths) { return random(most_tenths) * Duration(100'000'000); }

  // Calls and those who make them: model_calls.cpp.
  void call(const std::string& identity, const CallOptions& options, std::vector<RunId> chain);
  void call_from_within(const std::string& identity);
  Choice choose(const std::string& identity, const CallOptions& options,
                const std::vector<RunId>& chain);
  ModelRun* find_shareable(const std::string& identity, const CallOptions& options);
  bool is_circle(const std::vector<RunId>& chain, const ModelRun& run) const;
  ModelRun& make_run(const std::string& identity, const CallOptions& options, const Choice& choice);
  void attach(ModelCaller& caller, ModelRun& run, Role role, const CallOptions& options);
  void leave(ModelCaller& caller);
  void signal(ModelCaller& caller, int signal);
  void on_output(ModelCaller& caller);
  void on_outcome(ModelCaller& caller);

  // A run from its start to its end: model_runs.cpp.
  void on_launch(RunId id, const std::shared_ptr<ScriptedProcess>& process);
  void start(ModelRun& run);
  void write(ModelRun& run, bool at_once);
  void end(ModelRun& run, const Outcome& outcome);
  void note_try_ended(ModelRun& run, const Outcome& outcome);
  void note_stop(ModelRun& run);
  void note_end(ModelRun& run, const Outcome& outcome);
  void retire(ModelRun& run);
  void count_saved(const ModelRun& run, std::size_t joined);

  // Time: model_time.cpp.
  void pass_time(Duration by);
  void on_timeout(ModelRun& run);
  void on_kill(ModelRun& run);
  void on_retry(ModelRun& run);
  void on_expiry(ModelRun& run);
  Due due(Duration delay) { return {now_ + delay, ++last_due_}; }
  std::size_t count_timers() const;

  // The end of a world: model.cpp.
  void end_all();
  void expect_nothing_left();
  void try_each_identity();
  void forget_what_is_over();

  // Whether they agree: model_check.cpp.
  void check();
  void check_totals();
  void check_caller(ModelCaller& caller);
  void check_run(const ModelRun& run);
  void check_in_flight();
  void check_in_flight(const Run& real, const ModelRun& run);
  void check_bytes(ModelCaller& caller, const ModelRun& run);
  void check_descriptors();
  std::uint64_t segment_of(std::uint64_t byte) const;
  std::uint64_t first_needed(const ModelRun& run) const;
  void expect(bool holds, const char* what);

  unsigned random(unsigned below) { return static_cast<unsigned>(random_() % below); }
  bool one_in(unsigned chances) { return random(chances) == 0; }
  void log(std::string what, RunId run);
  std::size_t count_in_flight() const;
  ModelRun* find(const std::string& identity, Standing standing);
  ModelRun* find(RunId id);
  ModelRun* any_run();
  ModelCaller* any_caller();

  static constexpr std::size_t kMostRuns = 8;
  static constexpr std::size_t kMostCallers = 24;
  static constexpr unsigned kDeepest = 3;  ///< calls from within calls

  std::mt19937 random_;
  Bench bench_;
  const std::uint64_t first_segment_, next_segment_;
  const int descriptors_before_;
  unsigned steps_ = 0;
  TimePoint now_;
  std::uint64_t last_due_ = 0;
  std::vector<std::unique_ptr<ModelRun>> runs_;  ///< oldest first
  std::vector<std::unique_ptr<ModelCaller>> callers_;
  std::vector<std::shared_ptr<ScriptedProcess>> past_tries_;  ///< that ended in this step
  std::optional<Outcome> launch_failure_;
  RunId last_id_ = 0;
  unsigned depth_ = 0;
  Counts totals_;
  std::deque<std::pair<std::string, RunId>> log_;
  std::string fault_;
};

}  // namespace reduce::test
