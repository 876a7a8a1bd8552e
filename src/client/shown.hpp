#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace reduce {

/// Numbers for people: `1.5K`, `0.25s`. What is less than no time is none, what is more than 285
/// years is that.
std::string in_bytes(std::uint64_t bytes);
std::string in_seconds(double value);

/// A word as a shell would take it; what a terminal would obey is shown as `?`.
std::string quoted(const std::string& word);
/// A command's words from JSON, quoted, one space between. What is no string is left out.
std::string command_line_of(const nlohmann::ordered_json& argv);

/// Text that fits into a line, and the columns that it takes there.
struct Fitted {
  std::string text;
  std::size_t columns = 0;
};

/// As much of UTF-8 `text` as fits into so many columns of a terminal. Characters that are not
/// letters, signs or spaces (control characters, marks of direction, broken bytes) become `?`; with
/// `ascii`, all become so that are no ASCII.
Fitted fit(std::string_view text, std::size_t columns, bool ascii = false);

}  // namespace reduce
