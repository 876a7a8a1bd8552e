#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace reduce {

/// The process exited by itself.
struct Exited {
  int code = 0;
  bool operator==(const Exited&) const = default;
};

/// The process was ended by a signal.
struct Signaled {
  int signal = 0;
  bool operator==(const Signaled&) const = default;
};

/// The run took longer than it may. `killed`: SIGTERM was not enough.
struct TimedOut {
  bool killed = false;
  bool operator==(const TimedOut&) const = default;
};

/// There was no process: the program could not be executed. `error` is exec's errno.
struct NotExecuted {
  int error = 0;
  bool operator==(const NotExecuted&) const = default;
};

/// The run could not be started or could not be carried through, by no fault of its command.
struct Broken {
  std::string reason;
  bool operator==(const Broken&) const = default;
};

/// How a run ended: what each of its callers is told, once.
using Outcome = std::variant<Exited, Signaled, TimedOut, NotExecuted, Broken>;

inline bool is_success(const Outcome& outcome) {
  return outcome == Outcome(Exited{0});
}

/// How a caller got its run.
enum class Role : std::uint8_t { started, joined };

}  // namespace reduce
