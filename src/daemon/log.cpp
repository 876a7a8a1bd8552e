#include "daemon/log.hpp"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace reduce {

/// pipe(7): what is ready takes PIPE_BUF bytes without waiting.
bool Log::is_ready() const {
  pollfd asked{descriptor_, POLLOUT, 0};
  return ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLOUT) != 0;
}

void Log::write(std::string_view line) {
  if (!is_ready()) {
    ++dropped_;
    return;
  }
  std::string text;
  if (dropped_ > 0) {
    text = "reduced: " + std::to_string(std::exchange(dropped_, 0)) + " lines were dropped\n";
  }
  text.append(line);
  if (text.size() > PIPE_BUF) {
    text.resize(PIPE_BUF - 1);
    text += '\n';
  }
  const ssize_t ignored = ::write(descriptor_, text.data(), text.size());
  static_cast<void>(ignored);
}

bool Log::is_file() const {
  struct stat found {};
  return ::fstat(descriptor_, &found) == 0 && S_ISREG(found.st_mode);
}

void Log::flush() {
  if (is_file()) {
    const ssize_t ignored = ::write(descriptor_, gathered_.data(), gathered_.size());
    static_cast<void>(ignored);
  } else {
    std::string_view rest = gathered_;
    while (!rest.empty()) {
      const auto end = rest.find('\n') + 1;
      write(rest.substr(0, end));
      rest.remove_prefix(end);
    }
  }
  gathered_.clear();
}

}  // namespace reduce
