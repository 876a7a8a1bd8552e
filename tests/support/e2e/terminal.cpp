#include "support/e2e/terminal.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "support/catch.hpp"

namespace e2e {

Terminal::Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
  REQUIRE(master_);
  REQUIRE(::grantpt(master_.get()) == 0);
  REQUIRE(::unlockpt(master_.get()) == 0);
  slave_.reset(::open(::ptsname(master_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(slave_);
  termios mode{};
  ::tcgetattr(slave_.get(), &mode);
  ::cfmakeraw(&mode);
  REQUIRE(::tcsetattr(slave_.get(), TCSANOW, &mode) == 0);
}

void Terminal::stop() {
  REQUIRE(::tcflow(slave_.get(), TCOOFF) == 0);
}

const std::string& Terminal::text() {
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(master_.get(), buffer, sizeof buffer);
    if (got <= 0) return text_;
    text_.append(buffer, static_cast<std::size_t>(got));
  }
}

std::string Terminal::screen() {
  constexpr std::string_view erase = "\033[K";
  std::string above, line;
  std::size_t column = 0;
  for (std::string_view rest = text(); !rest.empty();) {
    if (rest.starts_with(erase)) {
      line.resize(column);
      rest.remove_prefix(erase.size());
      continue;
    }
    const char byte = rest.front();
    rest.remove_prefix(1);
    if (byte == '\n') {
      above += line + "\n";
      line.clear();
    }
    if (byte == '\n' || byte == '\r') {
      column = 0;
      continue;
    }
    if (column == line.size()) line += ' ';
    line[column++] = byte;
  }
  return above + line;
}

}  // namespace e2e
