#include "process/living_groups.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "base/unique_fd.hpp"

namespace reduce {
namespace {

struct CloseDir {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// The group of a process that has not ended; 0 where it has, or is gone.
pid_t group_of(int proc, const char* pid) {
  const std::string name = std::string(pid) + "/stat";
  const UniqueFd file(::openat(proc, name.c_str(), O_RDONLY | O_CLOEXEC));
  char text[512];
  const ssize_t size = ::read(file.get(), text, sizeof text - 1);
  if (size <= 0) return 0;
  text[size] = '\0';
  // The name, in parentheses, may hold anything: the fields follow its last one.
  const char* fields = std::strrchr(text, ')');
  char state = 'Z';
  pid_t group = 0;
  if (fields == nullptr || std::sscanf(fields, ") %c %*d %d", &state, &group) != 2) return 0;
  return state == 'Z' || state == 'X' ? 0 : group;
}

}  // namespace

std::unordered_set<pid_t> living_groups() {
  std::unordered_set<pid_t> groups;
  const std::unique_ptr<DIR, CloseDir> proc(::opendir("/proc"));
  if (!proc) return groups;
  while (const dirent* entry = ::readdir(proc.get())) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    if (const pid_t group = group_of(::dirfd(proc.get()), entry->d_name)) groups.insert(group);
  }
  return groups;
}

}  // namespace reduce
