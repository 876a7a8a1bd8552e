#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/packed_strings.hpp"

namespace reduce {

/// The folders to search with this environment: its PATH, else where execvp(3) looks without one.
std::string_view search_path(const PackedStrings& environment);
/// The same of this process's own environment.
std::string_view own_search_path();

/// The paths to try, in order, for a program called `name`, as execvp(3) does with `search_path`: a
/// name with a slash stands for itself. At least one.
std::vector<std::string> program_candidates(std::string_view name, std::string_view search_path);

/// The same without shims, for the program that a shim stands for: first what PATH has behind the
/// first shim of that name, then what it has before it, which may be a wrapper that led there. A
/// name with a slash stands for itself, shim or not. `directory`: a descriptor of where relative
/// folders begin, or AT_FDCWD. What is not there is left out too: none where there are only shims.
std::vector<std::string> real_candidates(std::string_view name, std::string_view search_path,
                                         int directory);

}  // namespace reduce
