#include "run/move_bytes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace reduce {
namespace {

constexpr int kSidingSize = 256 * 1024;

/// splice(2) for file systems that cannot: a copy by way of memory. What could not be written
/// would be lost, so this reads only what a file takes whole or fails.
ssize_t copy(int pipe, int file, off_t offset, std::size_t most) {
  char buffer[16 * 1024];
  const ssize_t got = ::read(pipe, buffer, std::min(most, sizeof buffer));
  for (ssize_t done = 0; done < got;) {
    const ssize_t put = ::pwrite(file, buffer + done, got - done, offset + done);
    if (put < 0 && errno != EINTR) {
      // Even for want of room: what was read is lost, and a later try would go on without it.
      errno = EIO;
      return -1;
    }
    if (put > 0) done += put;
  }
  return got;
}

}  // namespace

PipeState look_into(int pipe) {
  pollfd asked{pipe, POLLIN, 0};
  if (::poll(&asked, 1, 0) <= 0) return PipeState::empty;
  // poll(2): POLLHUP without POLLIN is end-of-file.
  return (asked.revents & POLLIN) != 0 ? PipeState::ready : PipeState::closed;
}

ssize_t move_bytes(int pipe, int file, std::uint64_t offset, std::size_t most) {
  for (;;) {
    auto at = static_cast<loff_t>(offset);
    const ssize_t moved =
        ::splice(pipe, nullptr, file, &at, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved >= 0) return moved;
    if (errno == EINTR) continue;
    if (errno != EINVAL) return -1;
    if (look_into(pipe) == PipeState::empty) {
      errno = EAGAIN;
      return -1;
    }
    return copy(pipe, file, at, most);
  }
}

bool Siding::open() {
  if (reader_) return true;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  reader_.reset(ends[0]);
  writer_.reset(ends[1]);
  // As large as a command's pipe becomes; a smaller one does too.
  ::fcntl(writer_.get(), F_SETPIPE_SZ, kSidingSize);
  return true;
}

ssize_t Siding::move_bytes(int pipe, int file, std::uint64_t offset, std::size_t most) {
  if (!open()) return reduce::move_bytes(pipe, file, offset, most);
  const ssize_t taken =
      ::splice(pipe, nullptr, writer_.get(), nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (taken < 0 && errno == EINTR) errno = EAGAIN;
  for (ssize_t done = 0; done < taken;) {
    const auto rest = static_cast<std::size_t>(taken - done);
    const ssize_t moved = reduce::move_bytes(reader_.get(), file, offset + done, rest);
    if (moved <= 0) {
      reader_.reset();
      writer_.reset();
      errno = EIO;
      return -1;
    }
    done += moved;
  }
  return taken;
}

}  // namespace reduce
