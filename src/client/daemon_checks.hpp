#pragma once

#include <optional>
#include <string>

#include "channel/socket.hpp"
#include "client/findings.hpp"
#include "client/json_members.hpp"

namespace reduce {

/// The daemon of a socket, as it was met.
struct Contact {
  std::string socket;
  std::optional<Peer> peer;  ///< nothing: there is none, or it could not be reached
  std::string fault;         ///< why it could not be reached; empty where there is none
  Json about;                ///< what it tells of itself; null where that did not come
  bool is_silent = false;    ///< it did not answer in time
};

/// The socket (of --socket or REDUCE_SOCKET, else the standard one), its folder, the daemon, its
/// limits, what it keeps, and a call for a test. Starts no daemon.
Findings examine_daemon(const std::optional<std::string>& socket);

/// Where there is no daemon: who would start one, and whether that is possible.
Finding examine_starter(const Contact& contact);

/// Where output and statistics are kept: room, and the right to write.
Findings examine_storage(const Contact& contact);

/// Whether the daemon serves this process: a call of `true`, and how long it took. Counted in the
/// daemon's statistics as any other.
Findings examine_call(const Contact& contact);

}  // namespace reduce
