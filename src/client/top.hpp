#pragma once

#include "client/call.hpp"

namespace reduce {

/// Shows what goes on in the daemon on the terminal at stdin and stdout until the user ends it, by
/// a key or a signal: by that signal this process ends too. Returns the status to exit with.
int show_top(const Question& question);

}  // namespace reduce
