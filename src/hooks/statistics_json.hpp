#pragma once

#include <nlohmann/json_fwd.hpp>

#include "hooks/statistics.hpp"

namespace reduce {

/// Counts as `--stats --json` and the statistics file have them, one key each.
nlohmann::ordered_json to_json(const Counts& counts);

/// Reads them back. A key that is missing counts 0; false where one is no number of its kind.
bool from_json(const nlohmann::ordered_json& json, Counts& counts);

}  // namespace reduce
