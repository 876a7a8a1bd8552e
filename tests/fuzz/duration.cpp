// Durations and sizes, as options and the config file have them.
#include "base/duration.hpp"

#include <cmath>
#include <cstring>

#include "target.hpp"

using namespace reduce;

namespace {

/// 285 years.
constexpr double kMostSeconds = 9e9;

bool is_near(double one, double other) {
  return std::abs(one - other) <= 2e-9 + std::abs(one) * 1e-14;
}

/// `1h30m` is as long as `1h` and `30m`.
void check_sum(std::string_view text, Duration whole) {
  double sum = 0;
  while (!text.empty()) {
    const std::size_t unit = text.find_first_not_of("0123456789.");
    const std::size_t next = unit == std::string_view::npos
                                 ? text.size()
                                 : std::min(text.find_first_of("0123456789.", unit), text.size());
    const auto part = parse_duration(text.substr(0, next));
    EXPECT(part && *part <= whole + Duration(1));
    sum += seconds(*part);
    text.remove_prefix(next);
  }
  EXPECT(is_near(sum, seconds(whole)));
}

void check_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return;
  EXPECT(*duration >= Duration::zero() && seconds(*duration) <= kMostSeconds);
  EXPECT(text.find_first_not_of("0123456789.mshd") == std::string_view::npos);
  EXPECT(fuzz::is_visible(format_duration(*duration)));
  check_sum(text, *duration);
  EXPECT(!parse_duration("-" + std::string(text)));
  EXPECT(!parse_duration(std::string(text) + " "));
}

void check_size(std::string_view text) {
  const auto size = parse_size(text);
  if (!size) return;
  EXPECT(*size <= std::uint64_t{1} << 63);
  EXPECT(text[0] >= '0' && text[0] <= '9');
  EXPECT(text.find_first_not_of("0123456789KMGT") == std::string_view::npos);
  EXPECT(parse_size(std::to_string(*size)) == *size);
  if (text.back() >= 'A') EXPECT(*size % 1024 == 0);
}

/// Any number, written out, is read as it is.
void check_number(std::string_view bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  const std::string digits = std::to_string(number);
  EXPECT(parse_size(digits).has_value() == (number >> 63 == 0));
  const auto whole = parse_duration(digits);
  EXPECT(whole.has_value() == (static_cast<double>(number) <= kMostSeconds));
  if (whole) EXPECT(is_near(seconds(*whole), static_cast<double>(number)));
  const auto thousandths = parse_duration(digits + "ms");
  if (thousandths) EXPECT(is_near(seconds(*thousandths), static_cast<double>(number) * 1e-3));
}

}  // namespace

FUZZ_TARGET(duration) {
  check_duration(input);
  check_size(input);
  if (input.size() >= sizeof(std::uint64_t)) check_number(input);
}
