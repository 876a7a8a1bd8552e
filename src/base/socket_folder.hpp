#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// The folder of a socket, found safe and held open. Whoever makes or removes something in it does
/// so by descriptor(): a path could lead elsewhere by then.
class SocketFolder {
 public:
  /// Opens the folder of `socket`, an absolute path, for a daemon of user `uid`. It and each folder
  /// above must belong to `uid` or root, be no link, and not be writable by others, unless the
  /// sticky bit keeps them to what is theirs (inode(7)). A standard folder must be for `uid`
  /// alone, and is made where it is not there, unless that is to be left. Called before a daemon is
  /// started and by the daemon itself.
  enum class Missing { make, leave };
  static Result<SocketFolder> open(const std::string& socket, uid_t uid,
                                   Missing standard = Missing::make);

  int descriptor() const { return folder_.get(); }
  /// The whole path, and its last part.
  const std::string& socket() const { return socket_; }
  const std::string& name() const { return name_; }

 private:
  SocketFolder(UniqueFd folder, std::string socket, std::string name)
      : folder_(std::move(folder)), socket_(std::move(socket)), name_(std::move(name)) {}

  UniqueFd folder_;
  std::string socket_;
  std::string name_;
};

}  // namespace reduce
