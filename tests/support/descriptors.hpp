#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace reduce::test {

/// How many descriptors this process has open.
inline int count_open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) throw std::runtime_error("no /proc/self/fd");
  int count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
  ::closedir(folder);
  return count - 1;  // the one that looks
}

/// A pipe as a process's output has it; the writing end does not block.
struct TestPipe {
  TestPipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    ::fcntl(ends[1], F_SETFL, O_WRONLY | O_NONBLOCK);
  }

  /// Writes as much as fits; how much that was.
  std::size_t put(std::string_view bytes) {
    const ssize_t put = ::write(writer.get(), bytes.data(), bytes.size());
    return put < 0 ? 0 : static_cast<std::size_t>(put);
  }

  UniqueFd reader;
  UniqueFd writer;
};

/// `size` bytes of a file from `offset` on; fewer where it ends before.
inline std::string read_at(int file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file, bytes.data() + done, size - done, offset + done);
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace reduce::test
