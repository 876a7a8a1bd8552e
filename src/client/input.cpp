#include "client/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "client/snapshot.hpp"

namespace reduce {
namespace {

constexpr std::size_t kPieceSize = 128 * 1024;
constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();

/// While it lives, a file that would be larger than `ulimit -f` allows is an error, not the end.
class NoFileSizeSignal {
 public:
  NoFileSizeSignal() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGXFSZ, &ignore, &before_);
  }
  ~NoFileSizeSignal() { ::sigaction(SIGXFSZ, &before_, nullptr); }
  NoFileSizeSignal(const NoFileSizeSignal&) = delete;

 private:
  struct sigaction before_ {};
};

/// From where stdin is now, which moves on, or from `offset`, and nothing moves.
ssize_t read_piece(char* into, std::size_t size, bool moving, off_t offset) {
  for (;;) {
    const ssize_t got =
        moving ? ::read(STDIN_FILENO, into, size) : ::pread(STDIN_FILENO, into, size, offset);
    if (got >= 0) return got;
    if (errno == EAGAIN) {
      // Others share the description: it stays as it is.
      pollfd readable{STDIN_FILENO, POLLIN, 0};
      ::poll(&readable, 1, -1);
    } else if (errno != EINTR) {
      return got;
    }
  }
}

}  // namespace

Result<void> Input::take() {
  if (mode_ == InputMode::none) return {};
  if (mode_ == InputMode::pass) return copy(0, kToTheEnd);
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) != 0) return {};
  is_pipe_ = S_ISFIFO(status.st_mode);
  if (!S_ISREG(status.st_mode)) return {};
  const off_t from = ::lseek(STDIN_FILENO, 0, SEEK_CUR);
  if (from < 0) return {};
  // What is appended from now on is not looked at. Files of proc(5) say that they have no bytes.
  const bool is_sized = status.st_size > from;
  return copy(from, is_sized ? static_cast<std::uint64_t>(status.st_size - from) : kToTheEnd);
}

Result<void> Input::copy(off_t from, std::uint64_t most) {
  const NoFileSizeSignal quiet;
  const bool moving = mode_ == InputMode::pass;
  const auto piece = std::make_unique_for_overwrite<char[]>(kPieceSize);
  Snapshot snapshot;
  while (snapshot.size() < most) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(kPieceSize, most - snapshot.size()));
    const auto done = static_cast<off_t>(snapshot.size());
    const ssize_t got = read_piece(piece.get(), size, moving, from + done);
    if (got == 0) break;
    // Closed, or open for writing alone: nobody can read anything there.
    if (got < 0 && errno == EBADF) {
      is_closed_ = true;
      return {};
    }
    if (got < 0) return system_error("cannot read standard input");
    if (auto kept = snapshot.append({piece.get(), static_cast<std::size_t>(got)}); !kept)
      return kept;
  }
  if (snapshot.size() == 0) return {};
  snapshot.close();
  digest_ = snapshot.digest();
  content_ = snapshot.take_file();
  return {};
}

void Input::let_go() {
  if (mode_ == InputMode::automatic) content_.reset();
}

void Input::put_back() {
  if (mode_ == InputMode::automatic || is_closed_) return;
  if (content_) {
    ::lseek(content_.get(), 0, SEEK_SET);
  } else {
    content_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  ::dup2(content_.get(), STDIN_FILENO);
}

bool Input::is_left_unread() const {
  int waiting = 0;
  return is_pipe_ && ::ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting > 0;
}

}  // namespace reduce
