#include "client/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace reduce {
namespace {

// xterm's control sequences: the other screen, no cursor, lines that are cut and not wrapped.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
/// CAN: ends a sequence of which only a part was written.
constexpr std::string_view kCancel = "\x18";
/// A terminal that takes nothing does not keep us from ending.
constexpr int kLeavePatience = 500;

}  // namespace

bool Terminal::is_there() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

Terminal::Terminal()
    : own_(::open("/proc/self/fd/1", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
  ::tcgetattr(STDIN_FILENO, &before_);
}

void Terminal::enter() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  // In the background this stops us until we are in the foreground again.
  while (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0 && errno == EINTR) continue;
  pending_ = kEnter;
  next_.clear();
  is_cut_ = false;
  entered_ = true;
}

void Terminal::leave() {
  if (!std::exchange(entered_, false)) return;
  pending_ = is_cut_ ? std::string(kCancel) : std::string();
  pending_ += kLeave;
  next_.clear();
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(kLeavePatience);
  while (flush() && is_behind() && Clock::now() < deadline) {
    pollfd asked{output(), POLLOUT, 0};
    ::poll(&asked, 1, kLeavePatience);
  }
  pending_.clear();
  is_cut_ = false;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

Terminal::Size Terminal::size() const {
  winsize found{};
  Size size;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0) return size;
  if (found.ws_row > 0) size.rows = found.ws_row;
  if (found.ws_col > 0) size.columns = found.ws_col;
  return size;
}

void Terminal::show(std::string frame) {
  if (pending_.empty()) {
    pending_ = std::move(frame);
  } else {
    next_ = std::move(frame);
  }
}

bool Terminal::flush() {
  while (!pending_.empty()) {
    pollfd asked{output(), POLLOUT, 0};
    if (!own_ && ::poll(&asked, 1, 0) <= 0) return true;
    const ssize_t written = ::write(output(), pending_.data(), pending_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno == EAGAIN;
    pending_.erase(0, static_cast<std::size_t>(written));
    is_cut_ = !pending_.empty();
    if (pending_.empty()) pending_ = std::exchange(next_, std::string());
  }
  return true;
}

std::optional<std::string> Terminal::read_keys() const {
  std::array<char, 256> bytes;
  const ssize_t got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (got > 0) return std::string(bytes.data(), static_cast<std::size_t>(got));
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::string();
  return std::nullopt;
}

Key KeyReader::take(char byte) {
  switch (state_) {
    case State::escape:
      state_ = byte == '[' || byte == 'O' ? State::sequence : State::plain;
      return Key::none;
    case State::sequence:
      // ECMA-48: parameters, then one final byte.
      if (byte < '@' || byte > '~') return Key::none;
      state_ = State::plain;
      if (byte == 'A') return Key::up;
      return byte == 'B' ? Key::down : Key::none;
    case State::plain:
      break;
  }
  switch (byte) {
    case '\x1b':
      state_ = State::escape;
      return Key::none;
    case 'k':
      return Key::up;
    case 'j':
      return Key::down;
    case 'x':
    case 'K':
      return Key::kill;
    case 'f':
      return Key::forget;
    case 'q':
    case '\x04':
      return Key::quit;
    default:
      return Key::none;
  }
}

}  // namespace reduce
