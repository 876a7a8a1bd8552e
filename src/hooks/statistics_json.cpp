#include "hooks/statistics_json.hpp"

#include <nlohmann/json.hpp>

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

/// More seconds than that are no sum of durations.
constexpr double kMostSeconds = 9e9;

struct Number {
  const char* key;
  std::uint64_t Counts::*member;
};
constexpr Number kNumbers[] = {
    {"total", &Counts::total},
    {"executed", &Counts::executed},
    {"reduced", &Counts::reduced},
    {"errors", &Counts::errors},
    {"direct", &Counts::direct},
    {"unshared", &Counts::unshared},
    {"retried", &Counts::retried},
    {"cancelled", &Counts::cancelled},
    {"wait_timeouts", &Counts::wait_timeouts},
};

struct Time {
  const char* key;
  Duration Counts::*member;
};
constexpr Time kTimes[] = {
    {"time_saved_seconds", &Counts::time_saved},
    {"cpu_saved_seconds", &Counts::cpu_saved},
};

}  // namespace

Json to_json(const Counts& counts) {
  Json json = Json::object();
  for (const Number& number : kNumbers) json[number.key] = counts.*number.member;
  for (const Time& time : kTimes) json[time.key] = seconds(counts.*time.member);
  return json;
}

bool from_json(const Json& json, Counts& counts) {
  if (!json.is_object()) return false;
  for (const Number& number : kNumbers) {
    const auto found = json.find(number.key);
    if (found == json.end()) continue;
    if (!found->is_number_unsigned()) return false;
    counts.*number.member = found->get<std::uint64_t>();
  }
  for (const Time& time : kTimes) {
    const auto found = json.find(time.key);
    if (found == json.end()) continue;
    if (!found->is_number()) return false;
    const double value = found->get<double>();
    if (!(value >= 0 && value <= kMostSeconds)) return false;
    counts.*time.member =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
  }
  return true;
}

}  // namespace reduce
