#include "client/time_axis.hpp"

#include "support/catch.hpp"

using reduce::TimeAxis;

TEST_CASE("An axis has few round steps, in a unit of their size") {
  const auto [span, second, last] =
      GENERATE(table<std::int64_t, std::string, std::string>({{1, "1µs", "1µs"},
                                                              {850, "100µs", "800µs"},
                                                              {1'200, "200µs", "1.2ms"},
                                                              {5'600'000, "1s", "5s"},
                                                              {2'300'000, "500ms", "2s"},
                                                              {95'000'000, "10s", "1m30s"},
                                                              {1'000'000'000, "2m", "16m"},
                                                              {7'300'000'000, "30m", "2h00m"},
                                                              {100'000'000'000, "6h", "24h"},
                                                              {1'000'000'000'000, "2d", "10d"}}));
  const TimeAxis axis(span);
  CHECK(span / axis.step() <= 10);
  CHECK(axis.label(0) == "0");
  CHECK(axis.label(axis.step()) == second);
  CHECK(axis.label(span / axis.step() * axis.step()) == last);
}

TEST_CASE("Any span has an axis") {
  for (std::int64_t span = 1; span > 0 && span < (std::int64_t{1} << 60); span *= 3) {
    const TimeAxis axis(span);
    CHECK(axis.step() > 0);
    CHECK(span / axis.step() <= 10);
  }
}
