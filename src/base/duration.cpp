#include "base/duration.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace reduce {
namespace {

constexpr double kMaxSeconds = 9.0e9;

/// The seconds that a unit stands for, 0 for an unknown one.
double unit_seconds(std::string_view unit) {
  if (unit == "ms") return 1e-3;
  if (unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86400;
  return 0;
}

/// Takes a plain decimal number off the front: digits with at most one point, at least one digit.
std::optional<double> take_number(std::string_view& text) {
  std::size_t length = 0, digits = 0, points = 0;
  for (; length < text.size(); ++length) {
    if (text[length] >= '0' && text[length] <= '9') {
      ++digits;
    } else if (text[length] == '.' && points == 0) {
      ++points;
    } else {
      break;
    }
  }
  if (digits == 0) return std::nullopt;
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + length, value);
  if (fault != std::errc() || end != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

std::string_view take_unit(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
  const std::string_view unit = text.substr(0, length);
  text.remove_prefix(length);
  return unit;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double total = 0;
  bool first = true;
  do {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view unit = take_unit(text);
    const double scale = unit.empty() && first && text.empty() ? 1 : unit_seconds(unit);
    if (scale == 0) return std::nullopt;
    total += *number * scale;
    first = false;
  } while (!text.empty());
  if (!(total <= kMaxSeconds)) return std::nullopt;
  return Duration(std::llround(total * 1e9));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc()) return std::nullopt;
  const std::string_view unit(end, text.data() + text.size() - end);
  int shift = 0;
  if (unit == "K")
    shift = 10;
  else if (unit == "M")
    shift = 20;
  else if (unit == "G")
    shift = 30;
  else if (unit == "T")
    shift = 40;
  else if (!unit.empty())
    return std::nullopt;
  constexpr std::uint64_t limit = std::numeric_limits<std::int64_t>::max();
  if (value > (limit >> shift)) return std::nullopt;
  return value << shift;
}

std::string format_duration(Duration duration) {
  char text[48];
  const double total = seconds(duration);
  const auto whole = static_cast<long long>(total);
  if (total < 9.995) {
    std::snprintf(text, sizeof text, "%.2fs", total);
  } else if (total < 59.95) {
    std::snprintf(text, sizeof text, "%.1fs", total);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lldh%02lldm", whole / 3600, whole / 60 % 60);
  }
  return text;
}

}  // namespace reduce
