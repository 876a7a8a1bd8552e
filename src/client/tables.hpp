#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace reduce {

/// The daemon's totals, for people.
std::string stats_table(const nlohmann::ordered_json& stats);

/// The runs in flight, for people: one line each, control characters made visible.
std::string list_table(const nlohmann::ordered_json& list);

/// What `--explain` says, for people.
std::string explanation(const nlohmann::ordered_json& explained);

}  // namespace reduce
