#include "support/e2e/pty.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>

#include "support/catch.hpp"

namespace e2e {

Pty::Pty(unsigned short rows, unsigned short columns)
    : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
  REQUIRE(master_);
  REQUIRE(::grantpt(master_.get()) == 0);
  REQUIRE(::unlockpt(master_.get()) == 0);
  std::array<char, 128> name;
  REQUIRE(::ptsname_r(master_.get(), name.data(), name.size()) == 0);
  slave_.reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(slave_);
  resize(rows, columns);
}

Spawn Pty::on(Spawn spawn) const {
  spawn.in = slave_.get();
  spawn.out = Target::descriptor(slave_.get());
  spawn.err = Target::like_out();
  spawn.set("TERM", "xterm");
  spawn.before_exec = [] {
    ::setsid();
    ::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  };
  return spawn;
}

void Pty::type(const std::string& keys) const {
  REQUIRE(::write(master_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

void Pty::resize(unsigned short rows, unsigned short columns) const {
  const winsize size{rows, columns, 0, 0};
  REQUIRE(::ioctl(master_.get(), TIOCSWINSZ, &size) == 0);
}

const std::string& Pty::shown() {
  std::array<char, 65536> bytes;
  for (ssize_t got = 1; got > 0;) {
    got = ::read(master_.get(), bytes.data(), bytes.size());
    if (got > 0) shown_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return shown_;
}

void Pty::forget() {
  shown();
  shown_.clear();
}

std::string Pty::modes() const {
  termios modes{};
  REQUIRE(::tcgetattr(slave_.get(), &modes) == 0);
  std::string text;
  for (const tcflag_t flags : {modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag}) {
    text += std::to_string(flags) + ":";
  }
  for (const cc_t key : modes.c_cc) text += std::to_string(key) + ":";
  return text;
}

}  // namespace e2e
