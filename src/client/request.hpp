#pragma once

#include "base/result.hpp"
#include "channel/socket.hpp"
#include "client/call.hpp"
#include "client/input.hpp"

namespace reduce {

/// Sends the `run` message of a call: its words, this process's environment, directory and limits,
/// and the input's content, in one go. With `explain` nothing is to be run. It waits as send_all().
Result<void> send_request(int socket, const Call& call, const Input& input, bool explain,
                          const AwaitRoom& await_room = {});

}  // namespace reduce
