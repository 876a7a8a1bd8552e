#pragma once

#include "client/call.hpp"

namespace reduce {

/// `reduce-run --doctor`: checks what sharing depends on and prints a line for each check. Starts
/// no daemon. Returns the status to exit with: 0 where nothing is bad, else 1.
int examine(const Question& question);

}  // namespace reduce
