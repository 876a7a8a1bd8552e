#pragma once

#include "wire/message.hpp"

namespace reduce {

/// Ends this process as the command ended; `name` is its first word, for the message where it
/// could not be run. See section "Exit status" of reduce-run(1).
[[noreturn]] void end_as(const Outcome& outcome, const char* name);

/// Ends this process by `signal` itself, without a core dump, so that a parent sees the signal.
[[noreturn]] void end_by_signal(int signal);

/// Says that `name` could not be executed and returns the status for it: 127 or 126.
int say_not_executed(const char* name, int error);

}  // namespace reduce
