#pragma once

#include <string>
#include <variant>

#include "base/unique_fd.hpp"
#include "client/patience.hpp"

namespace reduce {

/// What to do where a call cannot be shared.
enum class Fallback { run_direct, step_aside, give_up };
struct NoDaemon {
  Fallback fallback;
  std::string reason;
};

/// How often a daemon may end under our hands before we do without.
inline constexpr int kMostAttempts = 20;

/// A connection to a daemon of our own user at the socket `path`, started if need be and allowed.
/// None is there where the patience has ended.
std::variant<UniqueFd, NoDaemon> reach_daemon(const std::string& path, bool may_start,
                                              Patience& patience);

}  // namespace reduce
