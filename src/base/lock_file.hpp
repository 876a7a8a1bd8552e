#pragma once

#include "base/result.hpp"
#include "base/socket_folder.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// The file beside a socket that says who serves it and who starts a daemon for it. It has two
/// locks, which belong to an open file description (fcntl(2), F_OFD_SETLK): they end when its last
/// descriptor is closed, so no lock is ever stale and the file is never unlinked.
enum class LockPart : int {
  life = 0,   ///< held by the daemon that serves the socket
  start = 1,  ///< held by a client while it starts a daemon
};

/// Opens the lock file of the socket in `folder`, made if it is not there (mode 0600). It must be a
/// file of this user's and no link: in a folder such as /tmp somebody else could hold its locks.
Result<UniqueFd> open_lock_file(const SocketFolder& folder);

/// Takes one lock for this process alone. False where another holds it.
bool take_lock(int file, LockPart part);

/// Another holds it.
bool is_locked(int file, LockPart part);

void drop_lock(int file, LockPart part);

}  // namespace reduce
