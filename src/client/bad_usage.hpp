#pragma once

#include <string>

#include "base/exit_status.hpp"
#include "client/say.hpp"

namespace reduce {

/// Says what is wrong with a command line. Returns the status to exit with.
inline int bad_usage(const std::string& what) {
  say(what + " (see reduce-run --help)");
  return kExitOwnFailure;
}

}  // namespace reduce
