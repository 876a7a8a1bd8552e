#include "client/whole_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace reduce {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

bool is_same_file(const struct stat& file, int descriptor) {
  struct stat other {};
  return ::fstat(descriptor, &other) == 0 && other.st_dev == file.st_dev &&
         other.st_ino == file.st_ino;
}

bool is_written_in_place(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || S_ISDIR(file.st_mode)) return false;
  return !S_ISREG(file.st_mode) || is_same_file(file, STDOUT_FILENO) ||
         is_same_file(file, STDERR_FILENO);
}

/// Where a link leads: it is not to be replaced by a file.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? real.get() : path;
}

/// By its permissions, as if open(2) had made it.
int publish(int file, const std::string& from, const std::string& to) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(file, 0666 & ~mask) != 0) return errno;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<WholeFile> WholeFile::open(const std::string& path) {
  const bool in_place = is_written_in_place(path);
  const std::string target = in_place ? path : real_path(path);
  std::string beside = in_place ? std::string() : target + ".XXXXXX";
  UniqueFd file(in_place ? ::open(path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC)
                         : ::mkostemp(beside.data(), O_CLOEXEC));
  if (!file) return system_error("cannot write " + path);
  // How this process ends does not depend on who reads what it writes here.
  if (in_place) ::signal(SIGPIPE, SIG_IGN);
  return WholeFile(target, std::move(beside), std::move(file));
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
