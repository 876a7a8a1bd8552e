#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command/packed_strings.hpp"
#include "run/launcher.hpp"

namespace reduce {

/// The variable by which a process knows the runs that it is in, outermost first: words
/// `INSTANCE:ID` with commas between, where INSTANCE tells one daemon's runs from another's.
inline constexpr std::string_view kChainVariable = "REDUCE_CHAIN";

/// The runs of daemon `instance` that the process with this environment is in.
std::vector<RunId> chain_of(const PackedStrings& environment, std::string_view instance);

/// `NAME=VALUE` for a process of run `id` that is started for a caller of this environment.
std::string chain_variable(const PackedStrings& environment, std::string_view instance, RunId id);

}  // namespace reduce
