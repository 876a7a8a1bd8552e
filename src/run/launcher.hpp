#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <variant>

#include "command/command.hpp"
#include "command/outcome.hpp"
#include "run/spool.hpp"

namespace reduce {

using RunId = std::uint64_t;

/// How a process ended and what it used.
struct ProcessEnd {
  std::variant<Exited, Signaled> how;
  Duration cpu{};  ///< user and system time, its waited-for children's included
};

/// What a process tells its run. Calls come from the event loop, never from within launch().
class ProcessObserver {
 public:
  /// Output is waiting in `pipe`: take at most `most` bytes of it into the spool. Full: it is not
  /// offered again before Process::resume().
  virtual Intake output(Stream stream, int pipe, std::size_t most) = 0;
  /// It ended, and all that it had written was offered to output() before. The last call.
  virtual void ended(const ProcessEnd& end) = 0;

 protected:
  ~ProcessObserver() = default;
};

/// A process that runs. Destroying it before it ended kills its group.
class Process {
 public:
  virtual ~Process() = default;
  virtual pid_t pid() const = 0;
  /// Sends `signal` to the process group. Safe after the end: never hits a reused id.
  virtual void signal_group(int signal) = 0;
  /// What its observer could not take is offered again, soon.
  virtual void resume() = 0;
};

/// Where a process could not be had.
struct LaunchFailure {
  Outcome outcome;        ///< NotExecuted or Broken
  bool executed = false;  ///< there was one for a moment, which may have done something
  bool shortage = false;  ///< descriptors or memory have run out
};

/// The one seam for processes: the real one, or a fake that a test scripts.
class Launcher {
 public:
  virtual ~Launcher() = default;
  /// Starts the command of run `id` as leader of a process group of its own. `observer` outlives
  /// the process.
  virtual std::variant<std::unique_ptr<Process>, LaunchFailure> launch(
      const Command& command, RunId id, ProcessObserver& observer) = 0;
};

}  // namespace reduce
