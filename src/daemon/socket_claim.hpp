#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/socket_folder.hpp"
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

  /// Takes the claim of the daemon that serves the socket over from it, lock and listening socket:
  /// there is no moment in which nobody listens. Nothing where none serves it.
  static Result<std::optional<SocketClaim>> take_over(const std::string& socket);
  /// Serves a socket that somebody else made and will unlink, such as the service manager.
  static Result<SocketClaim> adopt(const std::string& socket, UniqueFd listener);
  /// What take_over() asks for: the listening socket and the lock file.
  std::array<int, 2> descriptors() const { return {listener_.get(), lock_.get()}; }
  /// A daemon made the socket, so it is to be unlinked at the end.
  bool is_own() const { return linked_.has_value(); }
  /// Another daemon has them: this one lets go, and unlinks nothing.
  void give_away();

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
  /// Which file a name stands for.
  struct FileId {
    dev_t device;
    ino_t inode;
    bool operator==(const FileId&) const = default;
  };

  explicit SocketClaim(SocketFolder folder) : folder_(std::move(folder)) {}
  std::optional<FileId> file_at(const std::string& name) const;
  Result<void> lock(const std::string& socket);

  SocketFolder folder_;
  UniqueFd lock_;
  UniqueFd listener_;
  std::optional<FileId> linked_;  ///< the socket that a daemon made, to be unlinked
};

}  // namespace reduce
