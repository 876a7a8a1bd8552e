#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.hpp"

namespace reduce {

/// The protocol's version: part of the standard socket's name, so that two versions never meet.
inline constexpr int kProtocolVersion = 1;

/// The socket to use, as an absolute path that fits a sockaddr_un: `given` (an option's or
/// REDUCE_SOCKET's value) if there is one, else the standard one of user `uid`.
Result<std::string> choose_socket(const std::optional<std::string>& given, uid_t uid);

/// The folder of a socket's absolute path.
std::string socket_folder(const std::string& socket);

/// Whether the socket is in the standard folder of user `uid`, which we make ourselves.
bool is_standard_socket(const std::string& socket, uid_t uid);

/// Makes the socket's folder ready for a daemon of user `uid`: creates the standard ones (mode
/// 0700), then refuses what check_socket_folder() does. Called before a daemon is started and by
/// the daemon itself.
Result<void> prepare_socket_folder(const std::string& socket, uid_t uid);

/// Refuses a socket's folder that is a link, is not a folder, belongs to another user than `uid` or
/// root, or can be changed by others. Changes nothing.
Result<void> check_socket_folder(const std::string& socket, uid_t uid);

}  // namespace reduce
