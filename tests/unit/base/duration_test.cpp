#include "base/duration.hpp"

#include <string>

#include "support/catch.hpp"

using reduce::format_duration;
using reduce::parse_duration;
using reduce::parse_size;
using namespace std::chrono_literals;

TEST_CASE("a duration is read in every form that is promised") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("10s") == 10s);
  CHECK(parse_duration("5m") == 5min);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("7") == 7s);
  CHECK(parse_duration("0.5") == 500ms);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration(".5") == 500ms);
  CHECK(parse_duration("0") == 0s);
}

TEST_CASE("what is no duration is refused") {
  for (const char* text : {"", "s", "-1", "+1", "1x", "1 s", " 1", "1h30", "1..5", "1e3", "inf",
                           "nan", "10S", "ms", "99999999999999999999", "1h-5m"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a size is bytes or a multiple of 1024") {
  CHECK(parse_size("0") == 0u);
  CHECK(parse_size("17") == 17u);
  CHECK(parse_size("64K") == 64u << 10);
  CHECK(parse_size("3M") == 3u << 20);
  CHECK(parse_size("2G") == 2ull << 30);
  for (const char* text : {"", "K", "-1", "1k", "1KB", "1.5M", "9223372036854775808", "8388608T"}) {
    INFO(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("a duration is shown as people say it") {
  CHECK(format_duration(250ms) == "0.25s");
  CHECK(format_duration(12340ms) == "12.3s");
  CHECK(format_duration(245s) == "4m05s");
  CHECK(format_duration(130min) == "2h10m");
}
