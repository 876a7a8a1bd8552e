#pragma once

#include "client/call.hpp"

namespace reduce {

/// Carries out a command of reduce-run's own: mostly, asks the daemon and prints its answer. Starts
/// none. Returns the status to exit with.
int ask(const Question& question);

}  // namespace reduce
