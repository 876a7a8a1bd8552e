#include "run/segment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace reduce {
namespace {

/// Room on a disk is taken this far ahead, in segments that are as large.
constexpr std::uint64_t kReserve = 8 << 20;

/// Of the total, for runs of which little is kept: at most an eighth.
constexpr std::uint64_t kLargestShare = 64 << 20;
constexpr std::uint64_t kLittle = 64 << 10;

/// A second descriptor of the same file that can only read: what callers get must not let them
/// change what others see. proc(5): /proc/self/fd/N opens the file anew.
Result<UniqueFd> reopen_for_reading(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader) return system_error("cannot open the spool for reading");
  return reader;
}

/// setrlimit(2), RLIMIT_FSIZE: nothing can be written beyond it.
std::uint64_t largest_file() {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  return limit.rlim_cur;
}

Result<UniqueFd> make_memory_file() {
  UniqueFd file(::memfd_create("reduce-spool", MFD_CLOEXEC));
  if (!file) return system_error("cannot create the spool in memory");
  return file;
}

/// Not a disk that is full, but a folder that is gone or not ours to write to.
bool is_unusable(const Error& error) {
  switch (error.code) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case EROFS:
      return true;
    default:
      return false;
  }
}

/// A file without a name in `folder`: O_TMPFILE where the file system has it.
Result<UniqueFd> make_nameless_file(const std::string& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  std::string name = folder + "/reduce-spool-XXXXXX";
  file.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return system_error("cannot create a spool file in " + folder);
  ::unlink(name.c_str());
  return file;
}

Result<SegmentFile> with_reader(Result<UniqueFd> writer, std::uint64_t capacity, bool can_reserve) {
  if (!writer) return writer.error();
  auto reader = reopen_for_reading(writer->get());
  if (!reader) return reader.error();
  return SegmentFile{std::move(*writer), std::move(*reader), capacity, can_reserve};
}

}  // namespace

bool Segment::reserve(std::uint64_t bytes) {
  if (size_ + bytes <= reserved_) return true;
  if (!file_.can_reserve) return false;
  const std::uint64_t length = std::min(std::max(bytes, kReserve), room());
  if (::fallocate(writer(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size_),
                  static_cast<off_t>(length)) != 0) {
    file_.can_reserve = false;
    return false;
  }
  reserved_ = size_ + length;
  return true;
}

void Segment::record(Stream stream, std::uint32_t bytes) {
  if (pieces_.empty()) first_ = stream;
  const bool odd = pieces_.size() % 2 == 1;
  const Stream last = odd ? first_ : other(first_);
  if (!pieces_.empty() && last == stream) {
    pieces_.back() += bytes;
  } else {
    pieces_.push_back(bytes);
  }
  size_ += bytes;
  usage_->add(bytes);
}

void Segment::chain(std::shared_ptr<Segment> next) {
  next_ = std::move(next);
  file_.writer.reset();
}

void Segment::release(std::shared_ptr<Segment> first) {
  while (first && first.use_count() == 1) first = std::move(first->next_);
}

SegmentStore::SegmentStore(Settings settings) : settings_(std::move(settings)) {
  // A window over the output moves by whole segments.
  const std::uint64_t limit = std::min(settings_.run_limit, settings_.total_limit);
  const std::uint64_t largest = std::max<std::uint64_t>(std::min(limit / 8, largest_file()), 1);
  settings_.first_size = std::min(settings_.first_size, largest);
  settings_.next_size = std::min(settings_.next_size, largest);
}

std::uint64_t SegmentStore::room_for(const Usage& run) const {
  const auto left = [](std::uint64_t limit, std::uint64_t used) {
    return limit > used ? limit - used : 0;
  };
  const std::uint64_t share = std::min(settings_.total_limit / 8, kLargestShare);
  const std::uint64_t of_all = left(settings_.total_limit - share, all_->bytes());
  const std::uint64_t of_share = std::min(left(settings_.total_limit, all_->bytes()),
                                          left(std::min(share, kLittle), run.bytes()));
  return std::min(left(settings_.run_limit, run.bytes()), std::max(of_all, of_share));
}

std::shared_ptr<Siding> SegmentStore::siding() const {
  auto siding = siding_.lock();
  if (!siding) siding_ = siding = std::make_shared<Siding>();
  return siding;
}

Result<SegmentFile> SegmentStore::make_first() const {
  return with_reader(make_memory_file(), settings_.first_size, false);
}

Result<SegmentFile> SegmentStore::make_next() const {
  auto file = make_nameless_file(settings_.folder);
  if (!file && is_unusable(file.error())) file = make_nameless_file("/tmp");
  const bool on_disk = file || !is_unusable(file.error());
  if (!on_disk) file = make_memory_file();
  return with_reader(std::move(file), settings_.next_size,
                     on_disk && settings_.next_size >= kReserve);
}

}  // namespace reduce
