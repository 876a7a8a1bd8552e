#pragma once

#include <string>

namespace reduce {

/// Why a call is not served, for `reduce-run` to say. `what` is also the option's name: --max-WHAT.
inline std::string limit_reached(std::size_t limit, const std::string& what) {
  return "the daemon has its limit of " + std::to_string(limit) + " " + what + " (reduced --max-" +
         what + ")";
}

inline constexpr const char* kShortOfDescriptors =
    "the daemon is short of descriptors (its ulimit -n)";

}  // namespace reduce
