#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// Three digits that mean something: 0.0123, 1.23, 123.
std::string in_digits(double value);

std::string in_microseconds(double seconds);
std::string in_seconds(double seconds);
/// "128 MiB".
std::string in_bytes(std::uint64_t bytes);

/// Filled up with spaces; what is more than one byte in UTF-8 counts once.
std::string padded(const std::string& text, std::size_t width, bool right = false);

}  // namespace bench
