#include "client/whole_file.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace reduce {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

/// By its permissions, as if open(2) had made it.
int publish(int file, const std::string& from, const std::string& to) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(file, 0666 & ~mask) != 0) return errno;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<WholeFile> WholeFile::open(const std::string& path) {
  struct stat found {};
  const bool is_special = ::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
  std::string beside = is_special ? std::string() : path + ".XXXXXX";
  UniqueFd file(is_special ? ::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC)
                           : ::mkostemp(beside.data(), O_CLOEXEC));
  if (!file) return system_error("cannot write " + path);
  return WholeFile(path, std::move(beside), std::move(file));
}

WholeFile::~WholeFile() {
  if (file_ && !beside_.empty()) ::unlink(beside_.c_str());
}

void WholeFile::write(std::string_view text) {
  pending_.append(text);
  if (pending_.size() >= kPiece) flush();
}

void WholeFile::flush() {
  std::string_view rest = pending_;
  while (fault_ == 0 && !rest.empty()) {
    const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      fault_ = errno;
    }
  }
  pending_.clear();
}

Result<void> WholeFile::finish() {
  flush();
  if (fault_ == 0 && !beside_.empty()) fault_ = publish(file_.get(), beside_, path_);
  if (fault_ != 0) return system_error("cannot write " + path_, fault_);
  file_.reset();
  return {};
}

}  // namespace reduce
