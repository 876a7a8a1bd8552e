#include "client/snapshot.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>

namespace reduce {
namespace {

constexpr std::size_t kHashSize = 32;

Error no_copy() {
  return system_error("cannot keep a copy of standard input");
}

UniqueFd make_file_in(const std::string& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  // Not every file system has O_TMPFILE.
  std::string path = folder + "/reduce-XXXXXX";
  file.reset(::mkostemp(path.data(), O_CLOEXEC));
  if (file) ::unlink(path.c_str());
  return file;
}

/// What is large does not belong into /tmp, which is often memory.
Result<UniqueFd> make_file_on_disk() {
  for (const char* folder : {"/var/tmp", "/tmp"}) {
    if (auto file = make_file_in(folder)) return file;
  }
  return no_copy();
}

}  // namespace

Snapshot::Snapshot() {
  ::blake2b_init(&hash_, kHashSize);
}

Result<void> Snapshot::append(std::string_view bytes) {
  if (auto room = make_room(bytes.size()); !room) return room;
  ::blake2b_update(&hash_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return no_copy();
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> Snapshot::make_room(std::size_t more) {
  const bool small = size_ + more <= kMostInMemory;
  if (file_ && (!in_memory_ || small)) return {};
  if (small) {
    file_.reset(::memfd_create("reduce-stdin", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    in_memory_ = static_cast<bool>(file_);
    if (in_memory_) return {};
  }
  auto on_disk = make_file_on_disk();
  if (!on_disk) return on_disk.error();
  off_t copied = 0;
  while (static_cast<std::uint64_t>(copied) < size_) {
    const std::size_t rest = size_ - static_cast<std::uint64_t>(copied);
    if (::sendfile(on_disk->get(), file_.get(), &copied, rest) <= 0) return no_copy();
  }
  file_ = std::move(*on_disk);
  in_memory_ = false;
  return {};
}

void Snapshot::close() {
  std::array<std::uint8_t, kHashSize> hash;
  ::blake2b_final(&hash_, hash.data(), hash.size());
  digest_.assign(reinterpret_cast<const char*>(hash.data()), hash.size());
  digest_.append(reinterpret_cast<const char*>(&size_), sizeof size_);
  // `echo >/dev/stdin` opens the file anew, by its mode and seals.
  ::fcntl(file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  ::fchmod(file_.get(), S_IRUSR);
}

}  // namespace reduce
