#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/unique_fd.hpp"
#include "client/findings.hpp"
#include "client/found_programs.hpp"
#include "client/shim_text.hpp"
#include "command/program_search.hpp"
#include "command/shim.hpp"

namespace reduce {
namespace {

using State = Finding::State;

/// No shim is as large, but much in PATH is.
constexpr off_t kLargest = 64 * 1024;

/// The folders of PATH, each once.
std::vector<std::string> searched_folders() {
  std::vector<std::string> folders;
  // The candidates for one name are one for each folder.
  for (const std::string& candidate : program_candidates(".", own_search_path())) {
    const std::string folder =
        candidate == "." ? candidate : candidate.substr(0, candidate.size() - 2);
    folders.push_back(folder.empty() ? "/" : folder);
  }
  return folders;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::vector<std::string> shims_in(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (!folder) return names;
  const int descriptor = ::dirfd(folder.get());
  while (const dirent* entry = ::readdir(folder.get())) {
    struct stat file {};
    if (::fstatat(descriptor, entry->d_name, &file, 0) != 0 || file.st_size > kLargest) continue;
    if (kind_of_file(descriptor, entry->d_name) == FileKind::shim) names.push_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_of(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(kLargest, '\0');
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

/// What is wrong with a shim; nothing where it does what it is for.
std::optional<Finding> check_shim(const std::string& path, const std::string& name,
                                  const std::string& own) {
  const auto found = found_programs(name);
  const auto real = std::find_if(found.begin(), found.end(),
                                 [](const FoundProgram& program) { return !program.is_shim; });
  if (real == found.end()) {
    return Finding{"shims", State::note, path + " stands for no program: there is no other " + name,
                   "remove it"};
  }
  if (real == found.begin()) {
    return Finding{"shims", State::note, path + " is not met: " + real->path + " comes before it",
                   "put its folder first in PATH"};
  }
  if (!is_current_shim(text_of(path), own)) {
    return Finding{"shims", State::note, path + " was made by another reduce-run",
                   "make it again with --shims"};
  }
  return std::nullopt;
}

}  // namespace

Findings examine_shims() {
  Findings findings;
  std::vector<std::pair<dev_t, ino_t>> seen;
  const std::string own = own_program();
  for (const std::string& folder : searched_folders()) {
    struct stat identity {};
    if (::stat(folder.c_str(), &identity) != 0) continue;
    const std::pair<dev_t, ino_t> file(identity.st_dev, identity.st_ino);
    if (std::find(seen.begin(), seen.end(), file) != seen.end()) continue;
    seen.push_back(file);
    std::string sound;
    for (const std::string& name : shims_in(folder)) {
      if (auto fault = check_shim(folder + "/" + name, name, own)) {
        findings.push_back(std::move(*fault));
      } else {
        sound += (sound.empty() ? "" : " ") + name;
      }
    }
    if (!sound.empty()) findings.push_back({"shims", State::ok, folder + ": " + sound, {}});
  }
  if (findings.empty()) findings.push_back({"shims", State::ok, "none in PATH", {}});
  return findings;
}

}  // namespace reduce
