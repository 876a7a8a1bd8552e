#include "client/config.hpp"

#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace reduce {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

bool matches_program(const std::string& glob, const char* word) {
  if (::fnmatch(glob.c_str(), word, 0) == 0) return true;
  const char* slash = std::strrchr(word, '/');
  return slash != nullptr && glob.find('/') == std::string::npos &&
         ::fnmatch(glob.c_str(), slash + 1, 0) == 0;
}

bool matches(const Rule& rule, const char* const* words) {
  bool is_program = true;
  for (const std::string& glob : rule.match) {
    if (*words == nullptr) return false;
    const bool met =
        is_program ? matches_program(glob, *words) : ::fnmatch(glob.c_str(), *words, 0) == 0;
    if (!met) return false;
    is_program = false;
    ++words;
  }
  return true;
}

/// Nothing where there is no such file.
Result<std::optional<std::string>> read_config_file(const std::string& path) {
  // Whatever is there in the place of a file must not make every call wait.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) {
    const int code = errno;
    // Another user's home, which su(1) and sudo(8) may leave in HOME: closed to this one.
    const bool is_out_of_reach = code == EACCES && ::access(path.c_str(), F_OK) != 0;
    if (code == ENOENT || code == ENOTDIR || is_out_of_reach) return std::optional<std::string>();
    return system_error("cannot read " + path, code);
  }
  std::string text;
  for (;;) {
    char piece[16 * 1024];
    const ssize_t got = ::read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path);
    if (got == 0) return std::optional(std::move(text));
    text.append(piece, static_cast<std::size_t>(got));
    if (text.size() > kLargestFile) return make_error(path + " is larger than 1 MiB");
  }
}

}  // namespace

Settings Config::settings_of(const char* const* words) const {
  Settings all = settings;
  for (const Rule& rule : rules) {
    if (matches(rule, words)) all.overlay(rule.settings);
  }
  return all;
}

std::string config_path() {
  // XDG Base Directory Specification: a path that is not absolute is to be ignored.
  const char* folder = std::getenv("XDG_CONFIG_HOME");
  if (folder != nullptr && *folder == '/') return std::string(folder) + "/reduce/config.json";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::string(home) + "/.config/reduce/config.json";
}

Result<std::optional<Config>> load_config(const std::string& path) {
  const auto text = read_config_file(path);
  if (!text) return text.error();
  if (!*text) return std::optional<Config>();
  auto config = parse_config(**text, path);
  if (!config) return config.error();
  return std::optional<Config>(std::move(*config));
}

Result<void> apply_config(const char* const* words, Settings& settings) {
  const std::string path = config_path();
  if (path.empty()) return {};
  const auto config = load_config(path);
  if (!config) return config.error();
  if (!*config) return {};
  Settings all = (*config)->settings_of(words);
  all.overlay(settings);
  settings = std::move(all);
  return {};
}

}  // namespace reduce
