#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "hooks/statistics.hpp"

namespace reduce {

/// Counts as `--stats --json` and the statistics file have them, one key each.
nlohmann::ordered_json to_json(const Counts& counts);

/// Reads them back. A key that is missing counts 0; false where one is no number of its kind.
bool from_json(const nlohmann::ordered_json& json, Counts& counts);

/// All that is kept over restarts, as the file's text. Bytes of a program's name that are no UTF-8
/// are replaced.
std::string text_of(const Statistics::Record& record);

/// Reads that text back; nothing where it is none.
std::optional<Statistics::Record> parse_record(std::string_view text);

}  // namespace reduce
