#include "process/program_search.hpp"

namespace reduce {
namespace {

/// confstr(_CS_PATH) of glibc: where execvp(3) looks if PATH is not set.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";

std::string_view path_of(const PackedStrings& environment) {
  constexpr std::string_view prefix = "PATH=";
  for (const std::string_view variable : environment) {
    if (variable.starts_with(prefix)) return variable.substr(prefix.size());
  }
  return kDefaultPath;
}

}  // namespace

std::vector<std::string> program_candidates(std::string_view name,
                                            const PackedStrings& environment) {
  std::vector<std::string> candidates;
  if (name.empty() || name.find('/') != std::string_view::npos) {
    candidates.emplace_back(name);
    return candidates;
  }
  std::string_view path = path_of(environment);
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

}  // namespace reduce
