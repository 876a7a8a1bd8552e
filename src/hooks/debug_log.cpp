#include "hooks/debug_log.hpp"

#include <cmath>
#include <ctime>

namespace reduce {
namespace {

/// ISO 8601, UTC, to the millisecond.
std::string format_time(double time) {
  static std::time_t last = -1;
  static char date[32];
  const auto whole = static_cast<std::time_t>(std::floor(time));
  if (std::exchange(last, whole) != whole) {
    std::tm parts{};
    ::gmtime_r(&whole, &parts);
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  }
  const int thousandths = static_cast<int>((time - std::floor(time)) * 1000);
  return date + std::string(".") + std::to_string(1000 + thousandths).substr(1) + "Z";
}

}  // namespace

void DebugLog::say(const char* word, const Run& run) {
  write_("reduced: " + format_time(clock_.time_of_day()) + " " + word + " run " +
         std::to_string(run.id()) + " identity " + digest_of(run) + "\n");
}

const std::string& DebugLog::digest_of(const Run& run) {
  if (std::exchange(last_, run.id()) != run.id() || last_digest_.empty()) {
    last_digest_ = reduce::digest_of(run.identity(), key_);
  }
  return last_digest_;
}

void DebugLog::decline(const CommandView&, const Place&, std::string_view reason) {
  write_("reduced: " + format_time(clock_.time_of_day()) + " direct: " + std::string(reason) +
         "\n");
}

}  // namespace reduce
