#include "client/say.hpp"

#include <unistd.h>

#include <string>

namespace reduce {

void say(std::string_view text) {
  std::string line = "reduce-run: ";
  line += text;
  line += '\n';
  const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(ignored);
}

}  // namespace reduce
