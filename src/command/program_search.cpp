#include "command/program_search.hpp"

#include <cstdlib>
#include <iterator>
#include <utility>

#include "command/shim.hpp"

namespace reduce {
namespace {

/// confstr(_CS_PATH) of glibc: where execvp(3) looks if PATH is not set.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";

bool is_searched_for(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos;
}

}  // namespace

std::string_view search_path(const PackedStrings& environment) {
  constexpr std::string_view prefix = "PATH=";
  for (const std::string_view variable : environment) {
    if (variable.starts_with(prefix)) return variable.substr(prefix.size());
  }
  return kDefaultPath;
}

std::string_view own_search_path() {
  const char* set = std::getenv("PATH");
  return set != nullptr ? std::string_view(set) : kDefaultPath;
}

std::vector<std::string> program_candidates(std::string_view name, std::string_view path) {
  std::vector<std::string> candidates;
  if (!is_searched_for(name)) {
    candidates.emplace_back(name);
    return candidates;
  }
  for (;;) {
    const std::size_t colon = path.find(':');
    const std::string_view folder = path.substr(0, colon);
    std::string candidate(folder);
    if (!folder.empty()) candidate += '/';
    candidates.push_back(candidate.append(name));
    if (colon == std::string_view::npos) return candidates;
    path.remove_prefix(colon + 1);
  }
}

std::vector<std::string> real_candidates(std::string_view name, std::string_view path,
                                         int directory) {
  auto candidates = program_candidates(name, path);
  if (!is_searched_for(name)) return candidates;
  std::vector<std::string> behind, before;
  bool is_behind = false;
  for (std::string& candidate : candidates) {
    const FileKind kind = kind_of_file(directory, candidate.c_str());
    if (kind == FileKind::shim) is_behind = true;
    if (kind == FileKind::shim || kind == FileKind::missing) continue;
    (is_behind ? behind : before).push_back(std::move(candidate));
  }
  behind.insert(behind.end(), std::make_move_iterator(before.begin()),
                std::make_move_iterator(before.end()));
  return behind;
}

}  // namespace reduce
