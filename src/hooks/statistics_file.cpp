#include "hooks/statistics_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "base/unique_fd.hpp"
#include "hooks/statistics_json.hpp"

namespace reduce {
namespace {

constexpr const char* kBeside = ".new";
constexpr std::size_t kLargestFile = 4 << 20;
/// How often to look whether another daemon has kept what it had, and the pause in between.
constexpr int kLooks = 50;
constexpr int kPause = 2;  // ms

/// Nothing where there is no such file.
Result<std::optional<std::string>> read_whole(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::optional<std::string>();
  if (!file) return system_error("cannot read " + path);
  std::string text;
  char piece[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path);
    if (got == 0 || text.size() > kLargestFile) return std::optional(std::move(text));
    text.append(piece, static_cast<std::size_t>(got));
  }
}

/// Makes the folder of `path` and those above it, as mkdir -p.
void make_folder_of(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    ::mkdir(path.substr(0, slash).c_str(), 0700);
  }
}

/// Whether `path` is this file still.
bool is_at(const std::string& path, const UniqueFd& file) {
  struct stat there {};
  struct stat opened {};
  return ::lstat(path.c_str(), &there) == 0 && ::fstat(file.get(), &opened) == 0 &&
         there.st_dev == opened.st_dev && there.st_ino == opened.st_ino;
}

/// Opens the file that is written before it gets the name `path`, for this process alone: a daemon
/// that drains keeps in the same place as the one that serves by now.
Result<UniqueFd> open_beside(const std::string& beside, const std::string& path) {
  for (int look = 0; look < kLooks; ++look) {
    UniqueFd file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!file && errno == ENOENT && look == 0) {
      make_folder_of(path);
      continue;
    }
    if (!file) return system_error("cannot keep the statistics in " + path);
    // A file system may have no locks.
    const bool is_taken = ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!is_taken && is_at(beside, file)) return file;
    ::poll(nullptr, 0, kPause);
  }
  return make_error("cannot keep the statistics in " + path + ": another daemon is about it");
}

bool write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(file, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

/// `file`: as open_beside() opened it.
Result<void> put_in_place(const UniqueFd& file, const std::string& path,
                          const Statistics::Record& record) {
  const std::string beside = path + kBeside;
  // What may be in it is left of a daemon that was killed.
  if (::ftruncate(file.get(), 0) == 0 && write_whole(file.get(), text_of(record)) &&
      ::rename(beside.c_str(), path.c_str()) == 0) {
    return {};
  }
  const Error error = system_error("cannot keep the statistics in " + path);
  ::unlink(beside.c_str());
  return error;
}

}  // namespace

Result<std::optional<Statistics::Record>> load_statistics(const std::string& path) {
  const auto text = read_whole(path);
  if (!text) return text.error();
  if (!*text) return std::optional<Statistics::Record>();
  auto record = (*text)->size() <= kLargestFile ? parse_record(**text) : std::nullopt;
  if (record) return record;
  const std::string aside = path + ".damaged";
  if (::rename(path.c_str(), aside.c_str()) != 0) return system_error("damaged: " + path);
  return make_error("the statistics in " + path + " are damaged: set aside as " + aside +
                    ", counting from 0");
}

Result<void> save_statistics(const std::string& path, const Statistics::Record& record) {
  const std::string beside = path + kBeside;
  const auto file = open_beside(beside, path);
  if (!file) return file.error();
  return put_in_place(*file, path, record);
}

Result<Statistics::Record> add_statistics(const std::string& path, const Statistics::Record& unkept,
                                          const Statistics::Record& whole) {
  const auto file = open_beside(path + kBeside, path);
  if (!file) return file.error();
  auto kept = load_statistics(path);
  const bool some = kept && *kept;
  Statistics::Record sum = some ? std::move(**kept) : whole;
  if (some) sum.add(unkept);
  if (auto done = put_in_place(*file, path, sum); !done) return done.error();
  return sum;
}

}  // namespace reduce
