#pragma once

#include <string>

#include "base/socket_path.hpp"

namespace reduce {

/// What `--version` prints of a program.
inline std::string version_line(const char* program) {
  return std::string(program) + " (reduce) " REDUCE_VERSION ", protocol " +
         std::to_string(kProtocolVersion);
}

}  // namespace reduce
