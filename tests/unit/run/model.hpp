#pragma once

#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/bench.hpp"

namespace reduce::test {

/// What must be known of a run to say what its callers see.
struct ModelRun {
  RunId id = 0;
  std::string identity;
  Run::State state = Run::State::running;
  TimePoint started{};
  std::string out, err, all;  ///< all that its process has written
  std::optional<Outcome> outcome;
  std::vector<int> signals;          ///< sent to its process group
  std::optional<TimePoint> kill_at;  ///< when SIGKILL is due
  std::size_t present = 0;           ///< callers on it
  std::size_t served = 0;            ///< callers that ever were
  std::shared_ptr<ScriptedProcess> process;

  bool is_released() const { return outcome && !kill_at; }
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
  /// Lets everything come to its end: nothing may stay.
  bool finish();

  const std::string& fault() const { return fault_; }
  std::string last_steps() const;

 private:
  struct Step {
    unsigned weight;
    void (World::*go)();
  };
  static const std::vector<Step> kSteps;

  // What may happen.
  void step_call();
  void step_leave();
  void step_catch_up();
  void step_output();
  void step_end();
  void step_signal();
  void step_time();
  void step_launching();

  // What each means, for the model and the reducer.
  void call(const std::string& identity, bool unshared);
  void leave(ModelCaller& caller);
  void write(ModelRun& run, bool at_once);
  void end(ModelRun& run, const Outcome& outcome);
  void pass_time(Duration by);
  void stop(ModelRun& run);
  void note_end(ModelRun& run, const Outcome& outcome);
  void on_output(ModelCaller& caller);
  void on_outcome(ModelCaller& caller);

  // Whether they agree.
  void check();
  void check_caller(ModelCaller& caller);
  void check_run(const ModelRun& run);
  void check_bytes(ModelCaller& caller, const ModelRun& run);
  void expect(bool holds, const char* what);
  void forget_what_is_over();

  unsigned random(unsigned below) { return static_cast<unsigned>(random_() % below); }
  bool one_in(unsigned chances) { return random(chances) == 0; }
  void log(const char* what, RunId run);
  std::size_t count_in_flight() const;
  ModelRun* any_run();
  ModelCaller* any_caller();

  static constexpr std::size_t kMostRuns = 8;
  static constexpr std::size_t kMostCallers = 24;

  std::mt19937 random_;
  Bench bench_;
  std::map<std::string, ModelRun*> table_;  ///< what may be joined
  std::vector<std::unique_ptr<ModelRun>> runs_;
  std::vector<std::unique_ptr<ModelCaller>> callers_;
  std::optional<Outcome> launch_failure_;
  RunId last_id_ = 0;
  unsigned depth_ = 0;      ///< of calls from within calls
  Counts totals_;
  std::deque<std::pair<const char*, RunId>> log_;
  std::string fault_;
};

}  // namespace reduce::test
