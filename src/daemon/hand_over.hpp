#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// What a daemon gives to the one that replaces it.
struct HandedOver {
  UniqueFd listener;
  UniqueFd lock;
  bool own = false;  ///< a daemon made the socket: its last one unlinks it
};

/// Asks the daemon that serves `socket` for it. Nothing where none serves it; an error where it
/// says no, or has said nothing for 10 seconds.
Result<std::optional<HandedOver>> ask_for_socket(const std::string& socket);

}  // namespace reduce
