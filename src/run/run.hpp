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
  /// The run must not be found any more: it is about to be stopped, or its outcome, which is there
  /// then, to be published. The latter comes once.
  virtual void retire(Run& run) = 0;
  /// A try failed, and there is another.
  virtual void retried(Run& run) = 0;
  /// Runs that ended and are held to be shared still are let go: their room is needed. False where
  /// there are none.
  virtual bool let_go_of_held() = 0;
  /// The run's output waits for room that other runs have: who does not take theirs is let go.
  virtual void make_way(const Run& waiting) = 0;
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
  enum class State {
    queued,    ///< waits for another run of its identity to end
    running,   ///< in one of its tries, or between two
    stopping,  ///< told to end
    ended
  };
  /// What a run works with; all of it outlives the run.
  struct World {
    RunOwner& owner;
    Launcher& launcher;
    Clock& clock;
    const SegmentStore& store;
    Duration stall_timeout;  ///< for callers that take nothing while others wait for more
  };

  /// `shared`: others may join it.
  Run(RunId id, Identity identity, Command command, bool shared, const World& world);
  ~Run();

  RunId id() const { return id_; }
  const Identity& identity() const { return identity_; }
  const Command& command() const { return command_; }
  bool is_shared() const { return shared_; }
  State state() const { return state_; }
  bool has_started() const { return started_ != TimePoint(); }
  /// Since it started; 0 where it has not.
  Duration age() const;
  /// Of the process; 0 where there is none.
  pid_t pid() const { return process_ ? process_->pid() : 0; }
  std::uint64_t output_size() const { return spool_->size(); }
  /// How it ended; nothing while it is in flight.
  const std::optional<Outcome>& outcome() const { return outcome_; }
  /// How it ended where no process of it could be started; else null.
  const Broken* launch_failure() const;
  /// From start to outcome, once there is one.
  Duration duration() const { return duration_; }
  /// User and system time of all tries that have ended.
  Duration cpu() const { return cpu_; }
  std::size_t callers() const { return present_; }
  /// How many callers it has served, those that left included.
  std::uint32_t served() const { return served_; }
  /// How long its callers want it to go on without any; nothing: to its end.
  std::optional<Duration> linger() const;
  /// How long after a success its callers want it to be shared still.
  Duration ttl() const { return ttl_; }
  /// It ended while it was being stopped: others of its process group may still be within the
  /// grace. Ends with RunOwner::gone().
  bool is_clearing_up() const { return outcome_ && process_; }

  /// Starts the first try; its failure to start may be the run's end.
  void start();

  /// The caller is served by this run from now on. `options` say what it wants of it.
  void add(Caller& caller, Role role, const CallOptions& options);
  void remove(Caller& caller);
  /// What the caller may copy and has not been told of. False where there is nothing.
  bool next(Caller& caller, Notice& notice);
  /// The outcome is there, and the caller was told of all output.
  bool is_over_for(const Caller& caller) const;
  /// The caller has taken some of what it was told of.
  void note_moving(Caller& caller);
  /// Lets go of the callers that have taken nothing for too long; they are told why.
  void dismiss_stalled(const char* why);
  /// Bytes of output that are kept.
  std::uint64_t kept() const { return spool_->kept(); }
  /// More output may be kept now.
  bool has_room() const { return spool_->has_allowance(); }
  /// The caller has taken all that it was told: Caller::progress() is called at the next change.
  /// Only while there is nothing more for it.
  void wait_for_more(Caller& caller);

  /// A caller's own signal, passed on to the process group. The run is to be retired before.
  void pass_signal(int signal);
  /// Ends the run: SIGTERM to its process group, after the grace SIGKILL to what is left of it.
  /// The run is to be retired before.
  void stop();
  /// Of one that is clearing up: its process group is empty, nothing is left to do.
  void clear_up();
  /// No caller can come any more.
  void close_beginning() { spool_->close_beginning(); }
  /// Kept by the owner, called off when a caller comes.
  void set_linger_timer(std::unique_ptr<Timer> timer) { linger_timer_ = std::move(timer); }

 private:
  using Callers = boost::intrusive::list<Caller, boost::intrusive::constant_time_size<false>>;

  Intake output(Stream stream, int pipe, std::size_t most) override;
  void ended(const ProcessEnd& end) override;
  void start_try();
  void try_ended(Outcome outcome);
  void retry();
  void time_out();
  void kill();
  void finish(Outcome outcome);
  void tell(Callers& callers);
  Intake fail(const Error& error);
  bool open_window();
  void wait_for_room();
  void look_for_room();
  void resume_if_room();
  void let_go_of_output();
  void make_way();
  const CallOptions& options() const { return command_.view().options; }

  const RunId id_;
  const Identity identity_;
  const Command command_;
  const bool shared_;
  const World world_;
  std::optional<Spool> spool_;  ///< of the try at hand
  State state_ = State::queued;
  TimePoint started_{};
  Duration duration_{};
  Duration cpu_{};
  Duration linger_{};
  Duration ttl_{};
  bool keep_ = false;
  std::uint32_t tries_left_;  ///< after the one at hand
  bool visible_ = false;      ///< callers are told of the output: the try at hand counts
  bool interrupted_ = false;  ///< a signal was passed on: no try follows
  bool timed_out_ = false;
  bool killed_ = false;    ///< SIGKILL was sent
  bool executed_ = false;  ///< there was a process
  std::optional<Outcome> outcome_;
  std::optional<Outcome> failure_;  ///< stands for the outcome once the process has ended
  std::unique_ptr<Process> process_;
  std::unique_ptr<Timer> timeout_timer_;
  std::unique_ptr<Timer> kill_timer_;
  std::unique_ptr<Timer> retry_timer_;
  std::unique_ptr<Timer> linger_timer_;
  std::unique_ptr<Timer> room_timer_;
  std::optional<TimePoint> full_since_;  ///< the process's output has to wait
  Callers waiting_;                      ///< to be told at the next change
  Callers busy_;                         ///< were told, and take what they were told of
  std::size_t present_ = 0;
  std::uint32_t served_ = 0;
};

}  // namespace reduce
