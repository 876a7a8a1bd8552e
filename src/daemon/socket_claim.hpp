#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// The right to serve a socket: a lock that is held as long as this lives, and the listening
/// socket. The lock file (the socket's path with `.lock`) is never unlinked; only the lock's
/// holder unlinks the socket.
class SocketClaim {
 public:
  /// Takes the lock and binds the socket, over one that a dead daemon left. An error where another
  /// daemon serves it (code EADDRINUSE), or the folder is not safe.
  static Result<SocketClaim> take(const std::string& socket);

  SocketClaim(SocketClaim&& other) noexcept = default;
  SocketClaim& operator=(SocketClaim&&) = default;
  ~SocketClaim() { release(); }

  /// Listening, not blocking.
  int listener() const { return listener_.get(); }

  /// From now on nobody new can connect; who is connected can still be accepted.
  void unlink();
  /// Ends listening and lets another daemon serve the socket.
  void release();

 private:
  SocketClaim() = default;

  UniqueFd folder_;
  UniqueFd lock_;
  UniqueFd listener_;
  std::string name_;
  bool linked_ = false;
};

}  // namespace reduce
