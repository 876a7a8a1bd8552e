#include "client/say.hpp"

#include <unistd.h>

#include <string>

namespace reduce {

void say(std::string_view text) {
  std::string line = "reduce-run: ";
  // What the text quotes may hold anything; it stays one line, and no terminal obeys it.
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    line += code < ' ' || code == 0x7f ? '?' : byte;
  }
  line += '\n';
  const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(ignored);
}

}  // namespace reduce
