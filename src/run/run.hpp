#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>

#include "command/command.hpp"
#include "command/identity.hpp"
#include "run/caller.hpp"
#include "run/clock.hpp"
#include "run/launcher.hpp"
#include "run/spool.hpp"

namespace reduce {

class Run;

/// Who keeps the table that a run is in.
class RunOwner {
 public:
  /// The run must not be found any more: it is about to be stopped, or its outcome to be published.
  virtual void retire(Run& run) = 0;
  /// The outcome is there and the callers were told.
  virtual void ended(Run& run) = 0;
  /// Nothing is left of a run that was stopped: its process group is gone too.
  virtual void gone(Run& run) = 0;

 protected:
  ~RunOwner() = default;
};

/// One execution of a command, from the request that started it to its outcome. Lives as long as
/// its owner or a caller refers to it.
class Run final : public std::enable_shared_from_this<Run>, private ProcessObserver {
 public:
  enum class State { running, stopping, ended };

  Run(RunId id, Identity identity, Command command, RunOwner& owner, Clock& clock,
      const SegmentStore& store);
  ~Run();

  RunId id() const { return id_; }
  const Identity& identity() const { return identity_; }
  const Command& command() const { return command_; }
  const Spool& spool() const { return spool_; }
  State state() const { return state_; }
  Duration age() const;
  /// It ended while it was being stopped: others of its process group may still be within the
  /// grace. Ends with RunOwner::gone().
  bool is_clearing_up() const { return outcome_ && process_; }
  /// Of the process; 0 where there is none.
  pid_t pid() const { return process_ ? process_->pid() : 0; }
  /// How it ended; nothing while it is in flight.
  const std::optional<Outcome>& outcome() const { return outcome_; }
  /// From start to outcome, once there is one.
  Duration duration() const { return duration_; }
  Duration cpu() const { return cpu_; }
  std::size_t callers() const { return present_; }
  /// How many callers it has served, those that left included.
  std::uint32_t served() const { return served_; }

  /// Starts the process. Where that fails, this is the run's end.
  void start(Launcher& launcher);

  void add(Caller& caller, Role role);
  void remove(Caller& caller);
  /// The caller has taken all that it was told: Caller::progress() is called at the next change.
  /// Only while there is nothing more for it.
  void wait_for_more(Caller& caller);

  /// A caller's own signal, passed on to the process group. The run is to be retired before.
  void pass_signal(int signal);
  /// Ends the run: SIGTERM to its process group, after the grace SIGKILL to what is left of it.
  /// The run is to be retired before.
  void stop();
  /// No caller can come any more.
  void close_beginning() { spool_.close_beginning(); }

 private:
  using Callers = boost::intrusive::list<Caller, boost::intrusive::constant_time_size<false>>;

  Intake output(Stream stream, int pipe, std::size_t most) override;
  void ended(const ProcessEnd& end) override;
  void finish(Outcome outcome);
  void tell(Callers& callers);
  void kill();

  const RunId id_;
  const Identity identity_;
  const Command command_;
  RunOwner& owner_;
  Clock& clock_;
  Spool spool_;
  State state_ = State::running;
  const TimePoint started_;
  Duration duration_{};
  Duration cpu_{};
  std::optional<Outcome> outcome_;
  std::optional<Outcome> failure_;  ///< stands for the outcome once the process has ended
  std::unique_ptr<Process> process_;
  std::unique_ptr<Timer> kill_timer_;
  Callers waiting_;  ///< to be told at the next change
  Callers busy_;     ///< were told, and take what they were told of
  std::size_t present_ = 0;
  std::uint32_t served_ = 0;
};

}  // namespace reduce
