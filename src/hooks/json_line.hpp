#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace reduce {

/// A JSON object put together as text, member by member: events are made while callers wait.
class JsonLine {
 public:
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, const char* value) { add(key, std::string_view(value)); }
  void add(std::string_view key, std::nullptr_t);
  void add(std::string_view key, bool value);
  /// To the nanosecond, where it is a time.
  void add(std::string_view key, double value);
  template <std::integral Number>
  void add(std::string_view key, Number value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    add_member(key).append(digits, end);
  }
  template <class Strings>
  void add_all(std::string_view key, const Strings& values) {
    add_member(key) += '[';
    bool first = true;
    for (const std::string_view value : values) {
      if (!std::exchange(first, false)) text_ += ',';
      put_string(value);
    }
    text_ += ']';
  }
  /// The members of another one.
  void add_members(const JsonLine& other);

  bool empty() const { return text_.empty(); }
  /// The whole object.
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string& add_member(std::string_view key);
  void put_string(std::string_view value);

  std::string text_;  ///< without the braces
};

}  // namespace reduce
