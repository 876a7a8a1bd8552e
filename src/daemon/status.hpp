#pragma once

#include <string>

#include "hooks/statistics.hpp"
#include "run/reducer.hpp"

namespace reduce {

/// What `--stats --json` prints.
std::string stats_json(const Statistics::Record& record, const Reducer& reducer);

/// What `--list --json` prints. Bytes of arguments that are no UTF-8 are replaced.
std::string list_json(const Reducer& reducer);

}  // namespace reduce
