#include "client/time_axis.hpp"

#include <cstdio>

namespace reduce {
namespace {

constexpr std::int64_t kMost = 10;
constexpr std::int64_t kMillisecond = 1'000, kSecond = 1'000'000, kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute, kDay = 24 * kHour;
/// From a minute on, steps are not decimal.
constexpr std::int64_t kLongSteps[] = {kMinute,      2 * kMinute, 5 * kMinute, 10 * kMinute,
                                       30 * kMinute, kHour,       2 * kHour,   6 * kHour,
                                       12 * kHour,   kDay};

std::int64_t choose_step(std::int64_t span) {
  for (std::int64_t unit = 1; unit < kMinute; unit *= 10) {
    for (const int factor : {1, 2, 5}) {
      const std::int64_t step = unit * factor;
      if (step < kMinute && span / step <= kMost) return step;
    }
  }
  for (const std::int64_t step : kLongSteps) {
    if (span / step <= kMost) return step;
  }
  std::int64_t days = kDay;
  while (span / days > kMost) days *= 2;
  return days;
}

std::string print(const char* format, long long one, long long other = 0) {
  char text[64];
  std::snprintf(text, sizeof text, format, one, other);
  return text;
}

/// `at` in a unit, with as many digits behind the point as say something.
std::string decimal(std::int64_t at, std::int64_t unit, const char* name) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6f", static_cast<double>(at) / static_cast<double>(unit));
  std::string number = text;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number + name;
}

}  // namespace

TimeAxis::TimeAxis(std::int64_t span) : step_(choose_step(span)) {}

std::string TimeAxis::label(std::int64_t at) const {
  if (at == 0) return "0";
  if (step_ < kMinute) {
    if (at < kMillisecond) return decimal(at, 1, "µs");
    if (at < kSecond) return decimal(at, kMillisecond, "ms");
    if (at < kMinute || step_ < kSecond) return decimal(at, kSecond, "s");
    return print("%lldm%02llds", at / kMinute, at % kMinute / kSecond);
  }
  if (step_ < kHour) {
    if (at < kHour) return print("%lldm", at / kMinute);
    return print("%lldh%02lldm", at / kHour, at % kHour / kMinute);
  }
  if (step_ < kDay) return print("%lldh", at / kHour);
  return print("%lldd", at / kDay);
}

}  // namespace reduce
