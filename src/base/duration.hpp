#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reduce {

using Duration = std::chrono::nanoseconds;

/// Reads DUR: `250ms`, `10s`, `5m`, `1h`, `1h30m`, `2d`, or seconds as a plain number; fractions
/// allowed. Nothing for anything else, a sign included, or for more than 290 years.
std::optional<Duration> parse_duration(std::string_view text);

/// Reads SIZE: bytes, or a whole number with K, M, G or T (powers of 1024). Nothing for anything
/// else or for more than fits in 63 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// A duration for people: `0.25s`, `12.3s`, `4m05s`, `2h10m`.
std::string format_duration(Duration duration);

inline double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace reduce
