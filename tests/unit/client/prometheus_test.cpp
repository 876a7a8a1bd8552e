#include "client/prometheus.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "hooks/statistics_json.hpp"
#include "support/catch.hpp"

using namespace reduce;

namespace {

using Json = nlohmann::ordered_json;

/// The text as a reader of the format takes it; what it would refuse fails the test.
struct Exposition {
  explicit Exposition(const std::string& text) {
    REQUIRE(text.ends_with('\n'));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
  }

  void read(const std::string& line) {
    static const std::regex head(R"(# (HELP|TYPE) ([a-z_]+) (.+))");
    static const std::regex sample(
        R"re(([a-z_]+)(\{program="((?:[^"\\\n]|\\["\\n])*)"\})? (\S+))re");
    INFO(line);
    std::smatch parts;
    if (std::regex_match(line, parts, head)) {
      const std::string name = parts[2];
      REQUIRE_FALSE(samples.contains(name));
      if (parts[1] == "HELP") REQUIRE(helps.emplace(name, parts[3]).second);
      if (parts[1] == "TYPE") REQUIRE(types.emplace(name, parts[3]).second);
      return;
    }
    REQUIRE(std::regex_match(line, parts, sample));
    const std::string name = parts[1];
    REQUIRE(types.contains(name));
    REQUIRE(helps.contains(name));
    REQUIRE(samples[name].emplace(parts[3], std::stod(parts[4])).second);
  }

  double value(const std::string& name, const std::string& program = "") const {
    return samples.at(name).at(program);
  }

  std::map<std::string, std::string> helps, types;
  std::map<std::string, std::map<std::string, double>> samples;
};

Json stats() {
  Json json = to_json(Counts{30, 12, 18, 9, 1, 2, 3, 4, 5, std::chrono::milliseconds(6500), {}});
  json.update({{"running", 7}, {"callers", 8}, {"since", 1'700'000'000.5}});
  return json;
}

}  // namespace

TEST_CASE("totals are counters and gauges, each with its help") {
  const Exposition read(prometheus_text(stats()));
  CHECK(read.value("reduce_calls_total") == 30);
  CHECK(read.value("reduce_executed_total") == 12);
  CHECK(read.value("reduce_reduced_total") == 18);
  CHECK(read.value("reduce_errors_total") == 9);
  CHECK(read.value("reduce_direct_total") == 1);
  CHECK(read.value("reduce_retried_total") == 3);
  CHECK(read.value("reduce_time_saved_seconds_total") == 6.5);
  CHECK(read.value("reduce_running") == 7);
  CHECK(read.value("reduce_callers") == 8);
  CHECK(read.value("reduce_since_timestamp_seconds") == 1'700'000'000.5);
  CHECK(read.helps.size() == read.types.size());
  for (const auto& [name, type] : read.types) {
    INFO(name);
    CHECK((type == "counter" || type == "gauge"));
    CHECK(name.ends_with("_total") == (type == "counter"));
    CHECK(read.samples.contains(name));
  }
}

TEST_CASE("every number of the statistics has a metric") {
  std::set<double> values;
  Json json = stats();
  double next = 1000;
  for (auto& [key, value] : json.items()) value = ++next;
  const Exposition read(prometheus_text(json));
  for (const auto& [name, samples] : read.samples) values.insert(samples.at(""));
  CHECK(values.size() == json.size());
}

TEST_CASE("by program there is a series for each, under names of their own") {
  Json json = stats();
  Json one = {{"program", "cc"}}, other = {{"program", "ld"}};
  one.update(to_json(Counts{20, 10, 10, 9, 0, 0, 0, 0, 0, {}, {}}));
  other.update(to_json(Counts{10, 2, 8, 0, 0, 0, 0, 0, 0, {}, {}}));
  json["programs"] = {one, other};
  const Exposition read(prometheus_text(json));
  CHECK(read.value("reduce_calls_total") == 30);
  CHECK(read.value("reduce_program_calls_total", "cc") == 20);
  CHECK(read.value("reduce_program_calls_total", "ld") == 10);
  CHECK(read.value("reduce_program_errors_total", "cc") == 9);
  for (const auto& [name, type] : read.types) {
    INFO(name);
    CHECK(name.ends_with("_total") == (type == "counter"));
  }
}

TEST_CASE("a program's name cannot break out of its label") {
  Json json = stats();
  Json program = {{"program", "a\"} 1\nb\\n"}};
  program.update(to_json(Counts{}));
  json["programs"] = Json::array({program});
  const std::string text = prometheus_text(json);
  CHECK(text.find(R"(reduce_program_calls_total{program="a\"} 1\nb\\n"} 0)") != std::string::npos);
  const Exposition read(text);
  CHECK(read.samples.at("reduce_program_calls_total").size() == 1);
}

TEST_CASE("large counts are written in full") {
  Json json = stats();
  json["total"] = std::uint64_t{12'345'678'901'234'567};
  CHECK(prometheus_text(json).find("reduce_calls_total 12345678901234567\n") != std::string::npos);
}
