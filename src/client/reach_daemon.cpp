#include "client/reach_daemon.hpp"

#include <unistd.h>

#include <cerrno>

#include "base/socket_folder.hpp"
#include "base/socket_path.hpp"
#include "channel/socket.hpp"
#include "client/start_daemon.hpp"

namespace reduce {
namespace {

/// A socket that was named is not as it should be, unless the system has run out of something,
/// takes nothing new or forbids sockets. The standard one was named by nobody: what the system has
/// against it breaks no command. Without a code it is this program that refuses it.
Fallback fallback_of(const Error& error, const std::string& path) {
  if (error.code == 0) return Fallback::give_up;
  const bool is_of_the_system = error.is_shortage() || error.code == EROFS || error.code == EPERM ||
                                error.code == EAFNOSUPPORT || is_standard_socket(path, ::geteuid());
  return is_of_the_system ? Fallback::run_direct : Fallback::give_up;
}

}  // namespace

std::variant<UniqueFd, NoDaemon> reach_daemon(const std::string& path, bool may_start,
                                              Patience& patience) {
  // Whoever can write there could put a socket of their own in its place.
  const auto safe = SocketFolder::open(path, ::geteuid(), SocketFolder::Missing::leave);
  if (!safe && safe.error().code == 0) return NoDaemon{Fallback::give_up, safe.error().text};
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    auto socket = patience.connect(path);
    if (socket) {
      const auto peer = peer_of(socket->get());
      if (peer && peer->uid == ::geteuid()) return std::move(*socket);
      return NoDaemon{Fallback::give_up, "another user's daemon serves " + path};
    }
    const int code = socket.error().code;
    if (code == EAGAIN) return NoDaemon{Fallback::run_direct, kNoAnswer};
    if (code != ENOENT && code != ECONNREFUSED) {
      return NoDaemon{fallback_of(socket.error(), path), socket.error().text};
    }
    const auto folder = SocketFolder::open(path, ::geteuid());
    if (!folder) return NoDaemon{fallback_of(folder.error(), path), folder.error().text};
    if (!may_start) return NoDaemon{Fallback::run_direct, "no daemon serves " + path};
    if (auto started = start_daemon(*folder, patience); !started) {
      return NoDaemon{Fallback::run_direct, "cannot start a daemon: " + started.error().text};
    }
  }
  return NoDaemon{Fallback::run_direct, "no daemon stays at " + path};
}

}  // namespace reduce
