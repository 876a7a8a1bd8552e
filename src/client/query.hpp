#pragma once

#include "client/call.hpp"

namespace reduce {

/// Asks the daemon and prints its answer; starts none. Returns the status to exit with.
int ask(const Question& question);

}  // namespace reduce
