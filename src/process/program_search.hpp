#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/packed_strings.hpp"

namespace reduce {

/// The paths to try, in order, for a program called `name`, as execvp(3) does with the PATH of
/// `environment`: a name with a slash stands for itself. At least one.
std::vector<std::string> program_candidates(std::string_view name,
                                            const PackedStrings& environment);

}  // namespace reduce
