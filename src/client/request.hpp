#pragma once

#include "base/result.hpp"
#include "client/call.hpp"
#include "client/input.hpp"

namespace reduce {

/// Sends the `run` message of a call: its words, this process's environment, directory and limits,
/// and the input's content, in one go. With `explain` nothing is to be run.
Result<void> send_request(int socket, const Call& call, const Input& input, bool explain = false);

}  // namespace reduce
