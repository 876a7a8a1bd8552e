#include "daemon/socket_claim.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "base/lock_file.hpp"
#include "base/socket_path.hpp"
#include "channel/socket.hpp"
#include "daemon/hand_over.hpp"

namespace reduce {
namespace {

constexpr int kBacklog = 4096;
/// How long another daemon may take to serve or to let go of its lock, and how often to look: there
/// is no one descriptor to wait for either.
constexpr auto kLockPatience = std::chrono::seconds(5);
constexpr int kLockPause = 5;  // ms

/// The name of the lock's holder for a socket that is about to get its real one: short, for that
/// one may be as long as bind(2) takes, and another for each lock file of a folder.
Result<std::string> temporary_name(int lock) {
  struct stat found {};
  if (::fstat(lock, &found) != 0) return system_error("cannot look at the lock file");
  return ".reduced-" + std::to_string(found.st_ino);
}

/// Binds and listens under a name of its own in `folder`, so that the real name never stands for a
/// socket that does not answer yet. The path goes by way of proc(5), which keeps it short and the
/// folder the one that was checked.
Result<UniqueFd> listen_as(int folder, const std::string& name) {
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return system_error("cannot create a socket");
  const std::string path = "/proc/self/fd/" + std::to_string(folder) + "/" + name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const mode_t before = ::umask(0177);
  const int bound =
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  if (bound != 0) return system_error("cannot bind a socket");
  if (::listen(listener.get(), kBacklog) != 0) return system_error("cannot listen");
  return listener;
}

/// Goes on listening at a socket that somebody else made: from here on the kernel names this
/// process to those who ask who serves them (unix(7), SO_PEERCRED).
Result<void> listen_again(const UniqueFd& listener) {
  if (::listen(listener.get(), kBacklog) != 0) return system_error("cannot listen");
  return {};
}

/// Takes the lock for the daemon's life. Its holder may serve, be about to serve, or be about to
/// let go; which one shows in a moment. One that serves keeps its socket even where somebody has
/// removed its lock file.
Result<void> take_life_lock(int lock, const std::string& socket) {
  const auto give_up = std::chrono::steady_clock::now() + kLockPatience;
  for (;;) {
    const bool taken = take_lock(lock, LockPart::life);
    if (connect_to(socket)) return Error("a daemon serves " + socket + " already", EADDRINUSE);
    if (taken) return {};
    if (std::chrono::steady_clock::now() >= give_up) break;
    ::poll(nullptr, 0, kLockPause);
  }
  return make_error("another daemon holds " + socket + ".lock");
}

}  // namespace

std::optional<SocketClaim::FileId> SocketClaim::file_at(const std::string& name) const {
  struct stat found {};
  if (::fstatat(folder_.descriptor(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return {};
  return FileId{found.st_dev, found.st_ino};
}

/// A lock of a file that has been removed meanwhile would be nobody else's.
Result<void> SocketClaim::lock(const std::string& socket) {
  for (;;) {
    auto file = open_lock_file(folder_);
    if (!file) return file.error();
    if (auto taken = take_life_lock(file->get(), socket); !taken) return taken.error();
    struct stat locked {};
    if (::fstat(file->get(), &locked) != 0) return system_error("cannot look at the lock file");
    if (file_at(folder_.name() + ".lock") != FileId{locked.st_dev, locked.st_ino}) continue;
    lock_ = std::move(*file);
    return {};
  }
}

Result<SocketClaim> SocketClaim::take(const std::string& socket) {
  auto folder = SocketFolder::open(socket, ::geteuid());
  if (!folder) return folder.error();
  SocketClaim claim(std::move(*folder));
  if (auto locked = claim.lock(socket); !locked) return locked.error();

  struct stat found {};
  const int at = claim.folder_.descriptor();
  const char* name = claim.folder_.name().c_str();
  if (::fstatat(at, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISSOCK(found.st_mode)) {
    return make_error(socket + " is in the way: it is not a socket");
  }
  const auto temporary = temporary_name(claim.lock_.get());
  if (!temporary) return temporary.error();
  // What is there is left of a daemon that was killed.
  ::unlinkat(at, temporary->c_str(), 0);
  auto listener = listen_as(at, *temporary);
  if (!listener) return listener.error();
  claim.listener_ = std::move(*listener);
  claim.linked_ = claim.file_at(*temporary);
  if (::renameat(at, temporary->c_str(), at, name) != 0) {
    const Error error = system_error("cannot create " + socket);
    ::unlinkat(at, temporary->c_str(), 0);
    claim.linked_.reset();
    return error;
  }
  return claim;
}

Result<SocketClaim> SocketClaim::adopt(const std::string& socket, UniqueFd listener) {
  auto folder = SocketFolder::open(socket, ::geteuid());
  if (!folder) return folder.error();
  SocketClaim claim(std::move(*folder));
  auto lock = open_lock_file(claim.folder_);
  if (!lock) return lock.error();
  if (!take_lock(lock->get(), LockPart::life)) {
    return Error("another daemon holds " + socket + ".lock", EADDRINUSE);
  }
  claim.lock_ = std::move(*lock);
  claim.listener_ = std::move(listener);
  if (auto listening = listen_again(claim.listener_); !listening) return listening.error();
  return claim;
}

Result<std::optional<SocketClaim>> SocketClaim::take_over(const std::string& socket) {
  auto folder = SocketFolder::open(socket, ::geteuid());
  if (!folder) return folder.error();
  auto handed = ask_for_socket(socket);
  if (!handed) return handed.error();
  if (!*handed) return std::optional<SocketClaim>();
  SocketClaim claim(std::move(*folder));
  claim.listener_ = std::move((*handed)->listener);
  claim.lock_ = std::move((*handed)->lock);
  if (auto listening = listen_again(claim.listener_); !listening) return listening.error();
  if ((*handed)->own) claim.linked_ = claim.file_at(claim.folder_.name());
  return std::optional(std::move(claim));
}

void SocketClaim::give_away() {
  linked_.reset();
  listener_.reset();
  lock_.reset();
}

void SocketClaim::unlink() {
  const auto linked = std::exchange(linked_, std::nullopt);
  if (linked && file_at(folder_.name()) == linked) {
    ::unlinkat(folder_.descriptor(), folder_.name().c_str(), 0);
  }
}

void SocketClaim::release() {
  if (lock_) unlink();
  listener_.reset();
  lock_.reset();
}

}  // namespace reduce
