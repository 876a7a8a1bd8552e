#pragma once

#include <nlohmann/json_fwd.hpp>

#include "command/outcome.hpp"

namespace reduce {

/// Adds how a run ended, as reports and events have it: `end`, and `code` or `signal`.
void put_outcome(nlohmann::ordered_json& json, const Outcome& outcome);

}  // namespace reduce
