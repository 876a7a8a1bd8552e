#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// A listening socket that the service manager made, sd_listen_fds(3).
struct PassedSocket {
  UniqueFd listener;
  std::string path;
};

/// The socket that this process was started with, nothing where there is none. Called once, first:
/// what says so is taken out of the environment.
Result<std::optional<PassedSocket>> take_passed_socket();

/// Tells the service manager how this process is, sd_notify(3): "READY=1", "STOPPING=1". Nothing
/// happens where there is none.
void tell_service_manager(const std::string& state);

}  // namespace reduce
