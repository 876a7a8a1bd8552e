#include "hooks/statistics_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

/// More seconds than that are no sum of durations.
constexpr double kMostSeconds = 9e9;
/// Later than that is no time of ours: the year 5138.
constexpr double kLatest = 1e11;

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
    // The nearest, not the one below: what is kept and read again and again stays the same.
    counts.*time.member = Duration(std::llround(value * 1e9));
  }
  return true;
}

std::string text_of(const Statistics::Record& record) {
  Json programs = Json::object();
  for (const auto& [name, counts] : record.programs) programs[name] = to_json(counts);
  const Json json = {
      {"since", record.since}, {"totals", to_json(record.totals)}, {"programs", programs}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<Statistics::Record> parse_record(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto totals = json.find("totals");
  const auto programs = json.find("programs");
  const auto since = json.find("since");
  Statistics::Record record;
  if (totals == json.end() || !from_json(*totals, record.totals)) return std::nullopt;
  if (programs == json.end() || !programs->is_object()) return std::nullopt;
  if (since == json.end() || !since->is_number()) return std::nullopt;
  for (const auto& [name, counts] : programs->items()) {
    if (!from_json(counts, record.programs[name])) return std::nullopt;
  }
  record.since = since->get<double>();
  if (!(record.since >= 0 && record.since <= kLatest)) return std::nullopt;
  return record;
}

}  // namespace reduce
