#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace reduce {

using Json = nlohmann::ordered_json;

// Members of what the daemon told, as what they should be; nothing where they are not there or
// are something else.

/// A member as it is, null where it is not there.
inline const Json& member_in(const Json& json, const char* key) {
  static const Json none;
  const auto found = json.find(key);
  return found != json.end() ? *found : none;
}

/// The elements of a list; none where the member is something else.
inline const Json& list_in(const Json& json, const char* key) {
  static const Json none = Json::array();
  const Json& list = member_in(json, key);
  return list.is_array() ? list : none;
}

inline std::optional<double> number_in(const Json& json, const char* key) {
  const Json& member = member_in(json, key);
  if (!member.is_number()) return std::nullopt;
  const auto value = member.get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

inline std::optional<std::uint64_t> count_in(const Json& json, const char* key) {
  const Json& member = member_in(json, key);
  if (!member.is_number_unsigned()) return std::nullopt;
  return member.get<std::uint64_t>();
}

inline std::string text_in(const Json& json, const char* key) {
  const Json& member = member_in(json, key);
  return member.is_string() ? member.get<std::string>() : std::string();
}

}  // namespace reduce
