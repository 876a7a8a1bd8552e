#pragma once

#include <string>

namespace reduce {

/// Why a call is not served, for `reduce-run` to say: the bound, and the option that sets it.
inline std::string limit_reached(std::size_t limit, const char* what, const char* option) {
  return "the daemon has its limit of " + std::to_string(limit) + " " + what + " (see reduced " +
         option + ")";
}

/// Why a call is sent away to be run without the daemon.
inline constexpr const char* kShortOfDescriptors =
    "the daemon has few descriptors left (see its ulimit -n)";

}  // namespace reduce
