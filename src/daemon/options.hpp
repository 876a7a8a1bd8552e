#pragma once

#include <optional>
#include <string>
#include <variant>

#include "daemon/server.hpp"

namespace reduce {

/// What `reduced` was asked on its command line.
struct DaemonOptions {
  std::optional<std::string> socket;
  bool replace = false;  ///< the daemon that serves the socket is to give it to this one
  int ready_fd = -1;     ///< gets an empty line once a daemon serves, else a line that says why not
  ServerSettings server;
};

/// The options, or the status to exit with: help, version and bad usage have been dealt with.
std::variant<DaemonOptions, int> parse_daemon_options(int argc, char** argv);

}  // namespace reduce
