#include "client/relay.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace reduce {
namespace {

/// At most this much between two looks at signals and the daemon.
constexpr std::size_t kStep = 4 << 20;
/// pipe(7): a pipe that poll(2) calls writable takes this much without waiting.
constexpr std::size_t kSmallWrite = 4096;

bool is_writable(int descriptor) {
  pollfd asked{descriptor, POLLOUT, 0};
  return ::poll(&asked, 1, 0) > 0;
}

/// Pieces from here on are spliced. A spliced piece takes at least one of a pipe's few buffers
/// however small it is, where writes share one: a pipe must hold as much as of the command's own.
constexpr std::size_t kSplice = 64 * 1024;

/// ioctl_tty(2): the master side of a pseudo-terminal. Opening it anew would make another one.
bool is_master(int descriptor) {
  unsigned number = 0;
  return ::ioctl(descriptor, TIOCGPTN, &number) == 0;
}

/// write(2): where a file would be too large a signal comes with EFBIG. Held, the error alone
/// tells.
void hold_sigxfsz() {
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGXFSZ);
  ::sigprocmask(SIG_BLOCK, &held, nullptr);
}

/// A terminal or pipe through a description of our own that does not wait: the one that we were
/// given is shared, and its flags are not ours to change. Empty where it may not be opened.
UniqueFd reopen(int descriptor) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

void Relay::add(const Notice& notice, UniqueFd segment) {
  if (segment) {
    segment_ = std::move(segment);
    offset_ = 0;
  }
  first_ = notice.first;
  lengths_ = notice.lengths;
  piece_ = 0;
  copied_ = 0;
}

int Relay::target() const {
  return targets_[static_cast<std::size_t>(stream())].descriptor;
}

Relay::Target& Relay::look_at_target() {
  Target& target = targets_[static_cast<std::size_t>(stream())];
  if (target.descriptor >= 0) return target;
  target.descriptor = stream() == Stream::out ? STDOUT_FILENO : STDERR_FILENO;
  struct stat found {};
  ::fstat(target.descriptor, &found);
  if (S_ISFIFO(found.st_mode)) {
    target.way = Way::pipe;
    target.own = reopen(target.descriptor);
  } else if (S_ISSOCK(found.st_mode)) {
    target.way = Way::send;
  } else if (S_ISCHR(found.st_mode) && ::isatty(target.descriptor)) {
    if (!is_master(target.descriptor)) target.own = reopen(target.descriptor);
  } else {
    target.way = Way::sendfile;
    hold_sigxfsz();
  }
  if (target.own) target.descriptor = target.own.get();
  return target;
}

/// Goes on to the next piece that has bytes left.
void Relay::skip_copied() {
  while (piece_ < lengths_.size() && copied_ == lengths_[piece_]) {
    ++piece_;
    copied_ = 0;
  }
}

Relay::Step Relay::step() {
  skip_copied();
  if (is_done()) return Step::done;
  Target& target = look_at_target();
  const std::size_t most = std::min<std::size_t>(lengths_[piece_] - copied_, kStep);
  const ssize_t moved = copy(target, most);
  if (moved < 0 && errno == EINTR) return Step::more;
  if (moved < 0 && errno == EAGAIN) return Step::blocked;
  if (moved < 0 && does_without(errno)) {
    target.way = Way::nowhere;
    return Step::more;
  }
  if (moved <= 0) {
    // A segment holds what was announced: its end cannot come here.
    error_ = moved == 0 ? EIO : errno;
    return Step::broken;
  }
  copied_ += static_cast<std::uint32_t>(moved);
  offset_ += static_cast<std::uint64_t>(moved);
  skip_copied();
  return is_done() ? Step::done : Step::more;
}

/// A command goes on without a stderr, and what it says there is no part of its result.
bool Relay::does_without(int fault) {
  if (stream() != Stream::err) return false;
  return fault == EBADF || fault == ENOSPC || fault == EDQUOT || fault == EIO;
}

ssize_t Relay::copy(Target& target, std::size_t most) {
  if (target.way == Way::nowhere) return static_cast<ssize_t>(most);
  auto offset = static_cast<off_t>(offset_);
  ssize_t moved = -1;
  errno = EINVAL;
  if (target.way == Way::pipe && lengths_[piece_] >= kSplice) {
    moved = ::splice(segment_.get(), &offset, target.descriptor, nullptr, most, SPLICE_F_NONBLOCK);
  } else if (target.way == Way::sendfile) {
    moved = ::sendfile(target.descriptor, segment_.get(), &offset, most);
  }
  // splice(2), sendfile(2): EINVAL for a target that is open for appending, among others.
  if (moved >= 0 || errno != EINVAL) return moved;
  return copy_by_memory(target, most);
}

ssize_t Relay::copy_by_memory(Target& target, std::size_t most) {
  static std::array<char, kSplice> buffer;
  std::size_t room = buffer.size();
  // A write that may wait is kept to what the target has room for.
  if (!target.own && target.way != Way::sendfile) {
    if (!is_writable(target.descriptor)) {
      errno = EAGAIN;
      return -1;
    }
    if (target.way != Way::send) room = kSmallWrite;
  }
  const ssize_t got =
      ::pread(segment_.get(), buffer.data(), std::min(most, room), static_cast<off_t>(offset_));
  if (got <= 0) return got;
  auto size = static_cast<std::size_t>(got);
  if (target.way != Way::send) return ::write(target.descriptor, buffer.data(), size);
  ssize_t sent;
  do {
    sent = ::send(target.descriptor, buffer.data(), size, MSG_DONTWAIT);
    // send(2): a socket of datagrams has a largest size.
  } while (sent < 0 && errno == EMSGSIZE && (size /= 2) > 0);
  return sent;
}

}  // namespace reduce
