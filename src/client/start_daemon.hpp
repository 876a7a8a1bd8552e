#pragma once

#include "base/result.hpp"
#include "base/socket_folder.hpp"
#include "client/patience.hpp"

namespace reduce {

/// What is started: the path of `reduced` beside this program, else its name, for the one in PATH.
std::string daemon_program();

/// Sees to it that a daemon serves the socket in `folder`: starts one, unless another client does
/// so at this moment or has just done it. Of many clients that call this at once, one starts a
/// daemon. An error where the patience ends first; what has begun to start may go on.
Result<void> start_daemon(const SocketFolder& folder, Patience& patience);

}  // namespace reduce
