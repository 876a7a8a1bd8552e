#include "support/e2e/small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/unique_fd.hpp"
#include "support/catch.hpp"

namespace e2e {

SmallDisk::SmallDisk(std::string folder, const std::string& size) : folder_(std::move(folder)) {
  REQUIRE(::mkdir(folder_.c_str(), 0700) == 0);
  // Nothing of it reaches the other processes of the machine.
  mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
             ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
             ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
}

void SmallDisk::fill() const {
  const reduce::UniqueFd file(
      ::open((folder_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(file);
  const std::array<char, 4096> bytes{};
  while (::write(file.get(), bytes.data(), bytes.size()) > 0) continue;
  REQUIRE(errno == ENOSPC);
}

void SmallDisk::clear() const {
  REQUIRE(::unlink((folder_ + "/filler").c_str()) == 0);
}

}  // namespace e2e
