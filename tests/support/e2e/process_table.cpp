#include "support/e2e/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "base/unique_fd.hpp"
#include "support/e2e/eventually.hpp"

namespace e2e {
namespace {

/// Under scripts/valgrind all bear its name: their words have that of the program, as NAME.real.
std::string name_under_valgrind(pid_t pid) {
  std::istringstream words(command_line(pid));
  for (std::string word; words >> word;) {
    if (word.ends_with(".real")) return std::filesystem::path(word).stem();
  }
  return "valgrind";
}

std::optional<ProcessInfo> look_up(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto open = stat.find('(');
  // proc(5): the name may hold anything, parentheses too.
  const auto close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  ProcessInfo info;
  info.pid = pid;
  info.name = stat.substr(open + 1, close - open - 1);
  if (info.name.starts_with("memcheck-")) info.name = name_under_valgrind(pid);
  std::istringstream rest(stat.substr(close + 1));
  pid_t group = 0;
  rest >> info.state >> info.parent >> group >> info.session;
  return info;
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> all;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
    const std::string name = entry->d_name;
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) continue;
    if (auto info = look_up(pid)) all.push_back(std::move(*info));
  }
  return all;
}

}  // namespace

std::vector<ProcessInfo> descendants() {
  const auto all = all_processes();
  std::set<pid_t> family{::getpid()};
  std::vector<ProcessInfo> found;
  for (bool grown = true; grown;) {
    grown = false;
    for (const ProcessInfo& info : all) {
      if (!family.contains(info.parent) || family.contains(info.pid)) continue;
      family.insert(info.pid);
      found.push_back(info);
      grown = true;
    }
  }
  return found;
}

bool is_alive(pid_t pid) {
  const auto info = look_up(pid);
  return info && info->is_alive();
}

bool is_asleep(pid_t pid) {
  const auto info = look_up(pid);
  return info && info->state == 'S';
}

std::string command_line(pid_t pid) {
  std::string words = read_file("/proc/" + std::to_string(pid) + "/cmdline");
  std::ranges::replace(words, '\0', ' ');
  return words;
}

std::string account_of(const ProcessInfo& info) {
  constexpr std::size_t kMostWords = 200;
  const std::string process = "/proc/" + std::to_string(info.pid);
  std::string text = "  " + std::to_string(info.pid) + " " + info.state + " of " +
                     std::to_string(info.parent) + " " + read_file(process + "/wchan") + " " +
                     command_line(info.pid).substr(0, kMostWords) + "\n";
  if (info.name != "reduced") return text;
  std::error_code gone;
  for (std::filesystem::directory_iterator entry(process + "/fd", gone), end; !gone && entry != end;
       entry.increment(gone)) {
    const std::string name = entry->path().filename();
    text += "    " + name + " " + read_link(entry->path()) + "\n";
  }
  return text;
}

std::size_t open_descriptors(pid_t pid) {
  std::error_code gone;
  std::size_t count = 0;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  for (std::filesystem::directory_iterator entry(folder, gone), end; !gone && entry != end;
       entry.increment(gone)) {
    ++count;
  }
  return count;
}

std::size_t settled_descriptors(pid_t pid) {
  constexpr int kEnough = 20;
  std::size_t count = 0;
  int same = 0;
  static_cast<void>(eventually([&] {
    const std::size_t now = open_descriptors(pid);
    same = now == count ? same + 1 : 0;
    count = now;
    return same >= kEnough;
  }));
  return count;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::istringstream status(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string name; status >> name;) {
    std::uint64_t kibibytes = 0;
    if (name == "VmRSS:" && status >> kibibytes) return kibibytes << 10;
  }
  return 0;
}

std::string read_link(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  return length < 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

std::string read_file(const std::string& path) {
  const reduce::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[16384];
  for (;;) {
    // proc(5): reading fails where the process has ended since.
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace e2e
