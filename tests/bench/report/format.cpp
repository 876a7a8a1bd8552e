#include "report/format.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {

std::string in_digits(double value) {
  char text[32];
  const double size = std::fabs(value);
  const int digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string in_microseconds(double seconds) {
  return in_digits(seconds * 1e6) + " us";
}

std::string in_seconds(double seconds) {
  return in_digits(seconds) + " s";
}

std::string in_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t mebi = 1 << 20;
  const std::uint64_t whole = bytes / mebi;
  if (whole >= 1024 && whole % 1024 == 0) return std::to_string(whole / 1024) + " GiB";
  return std::to_string(whole) + " MiB";
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const auto shown = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (byte & 0xc0) != 0x80; }));
  const std::string space(shown < width ? width - shown : 0, ' ');
  return right ? space + text : text + space;
}

}  // namespace bench
