#include "command/shim.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.hpp"

namespace reduce {

FileKind kind_of_file(int directory, const char* path) {
  const UniqueFd file(::openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat found {};
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return FileKind::missing;
  if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return FileKind::neither;
  }
  if ((found.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) return FileKind::neither;
  std::array<char, kShimHead.size()> head;
  const ssize_t got = ::pread(file.get(), head.data(), head.size(), 0);
  const bool is_shim = got == static_cast<ssize_t>(head.size()) &&
                       std::string_view(head.data(), head.size()) == kShimHead;
  return is_shim ? FileKind::shim : FileKind::program;
}

}  // namespace reduce
