// The text of the file that keeps the statistics.
#include <cmath>

#include "hooks/statistics_json.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

/// Up to here a number of seconds says every nanosecond.
constexpr Duration kExact(1LL << 50);

bool is_same(Duration one, Duration other) {
  if (one <= kExact) return one == other;
  return std::abs(seconds(one) - seconds(other)) <= seconds(one) * 1e-15;
}

bool is_same(Counts one, Counts other) {
  const bool times =
      is_same(one.time_saved, other.time_saved) && is_same(one.cpu_saved, other.cpu_saved);
  one.time_saved = other.time_saved = one.cpu_saved = other.cpu_saved = {};
  return times && one == other;
}

void check_counts(const Counts& counts) {
  EXPECT(counts.time_saved >= Duration::zero() && counts.cpu_saved >= Duration::zero());
}

}  // namespace

FUZZ_TARGET(statistics) {
  const auto record = parse_record(input);
  if (!record) return;
  EXPECT(record->since >= 0);
  check_counts(record->totals);
  for (const auto& [name, counts] : record->programs) check_counts(counts);
  // What is kept comes back.
  const auto again = parse_record(text_of(*record));
  EXPECT(again);
  EXPECT(again->since == record->since && is_same(again->totals, record->totals));
  EXPECT(again->programs.size() == record->programs.size());
  for (const auto& [name, counts] : record->programs) {
    const auto found = again->programs.find(name);
    EXPECT(found != again->programs.end() && is_same(found->second, counts));
  }
}
