#pragma once

#include "command/outcome.hpp"

namespace reduce {

/// Becomes the command, as if reduce-run were not there. Returns only where that fails, with the
/// status to exit with; the reason has been said then.
int run_direct(char** words);

/// Runs the command as a child and waits for it. Signals that a terminal sends reach it too; the
/// others are passed on to it.
Outcome run_and_wait(char** words);

}  // namespace reduce
