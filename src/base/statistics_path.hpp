#pragma once

#include <string>

namespace reduce {

/// Where the statistics of the daemon of this socket are kept: a file of its own in
/// $XDG_STATE_HOME/reduce, by default ~/.local/state/reduce (XDG Base Directory Specification).
/// Empty where neither is known.
std::string statistics_path(const std::string& socket);

}  // namespace reduce
