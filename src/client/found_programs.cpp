#include "client/found_programs.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "command/program_search.hpp"
#include "command/shim.hpp"

namespace reduce {

std::vector<FoundProgram> found_programs(std::string_view name) {
  std::vector<FoundProgram> programs;
  for (const std::string& path : program_candidates(name, own_search_path())) {
    struct stat file {};
    // What can be executed need not be readable: only what is can be a shim.
    if (::stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) continue;
    if (::access(path.c_str(), X_OK) != 0) continue;
    const bool is_shim = kind_of_file(AT_FDCWD, path.c_str()) == FileKind::shim;
    const FoundProgram program{path, is_shim, file.st_dev, file.st_ino};
    const bool is_new =
        std::none_of(programs.begin(), programs.end(),
                     [&](const FoundProgram& other) { return other.is_same_file(program); });
    if (is_new) programs.push_back(program);
  }
  return programs;
}

std::string own_program() {
  struct stat own {};
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0 || ::stat("/proc/self/exe", &own) != 0) return {};
  const FoundProgram self{{path, static_cast<std::size_t>(length)}, false, own.st_dev, own.st_ino};
  for (const FoundProgram& found : found_programs("reduce-run")) {
    if (found.path.front() == '/' && found.is_same_file(self)) return found.path;
  }
  return self.path;
}

}  // namespace reduce
