#include "hooks/json_line.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace reduce {
namespace {

/// Needs no escape, and is the same in UTF-8 as in ASCII.
bool is_plain(char byte) {
  return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

}  // namespace

std::string& JsonLine::add_member(std::string_view key) {
  if (!text_.empty()) text_ += ',';
  return text_.append(1, '"').append(key).append("\":");
}

void JsonLine::put_string(std::string_view value) {
  if (std::all_of(value.begin(), value.end(), is_plain)) {
    text_.append(1, '"').append(value).append(1, '"');
  } else {
    text_ += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

void JsonLine::add(std::string_view key, std::string_view value) {
  add_member(key);
  put_string(value);
}

void JsonLine::add(std::string_view key, std::nullptr_t) {
  add_member(key) += "null";
}

void JsonLine::add(std::string_view key, bool value) {
  add_member(key) += value ? "true" : "false";
}

void JsonLine::add(std::string_view key, double value) {
  char digits[40];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 9).ptr;
  add_member(key).append(digits, end);
}

void JsonLine::add_members(const JsonLine& other) {
  if (!text_.empty() && !other.text_.empty()) text_ += ',';
  text_ += other.text_;
}

}  // namespace reduce
