#include "hooks/statistics_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "base/unique_fd.hpp"
#include "hooks/statistics_json.hpp"

namespace reduce {
namespace {

constexpr std::size_t kLargestFile = 4 << 20;

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

bool write_whole(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(file, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
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
  const std::string beside = path + "." + std::to_string(::getpid());
  const auto create = [&beside] {
    return ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  };
  UniqueFd file(create());
  if (!file && errno == ENOENT) {
    make_folder_of(path);
    file.reset(create());
  }
  if (!file) return system_error("cannot keep the statistics in " + path);
  if (write_whole(file.get(), text_of(record)) && ::rename(beside.c_str(), path.c_str()) == 0) {
    return {};
  }
  const Error error = system_error("cannot keep the statistics in " + path);
  ::unlink(beside.c_str());
  return error;
}

}  // namespace reduce
