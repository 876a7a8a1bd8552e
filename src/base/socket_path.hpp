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

/// The folder of the standard socket of user `uid`.
std::string standard_socket_folder(uid_t uid);

/// The folder of a socket's absolute path.
std::string socket_folder(const std::string& socket);

/// Whether the socket is in the standard folder of user `uid`, which we make ourselves.
bool is_standard_socket(const std::string& socket, uid_t uid);

}  // namespace reduce
