// A daemon's answers, made into tables for people and into Prometheus' text.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "client/prometheus.hpp"
#include "client/tables.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

/// Lines of text, and nothing that a terminal would obey.
void check_table(const std::string& text) {
  EXPECT(!text.empty() && text.back() == '\n');
  EXPECT(fuzz::is_visible(text, "\n"));
}

/// Prometheus' text format: comments, and `name number` or `name{program="…"} number`.
void check_metric(std::string_view line) {
  if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) return;
  EXPECT(line.starts_with("reduce_"));
  const std::string_view number = line.substr(line.rfind(' ') + 1);
  EXPECT(!number.empty());
  EXPECT(number.find_first_not_of("0123456789+-.e") == std::string_view::npos);
  std::string_view name = line.substr(0, line.rfind(' '));
  const std::size_t label = name.find('{');
  if (label != std::string_view::npos) {
    EXPECT(name.substr(label).starts_with("{program=\"") && name.ends_with("\"}"));
    name = name.substr(0, label);
  }
  EXPECT(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
}

}  // namespace

FUZZ_TARGET(answers) {
  const auto json = nlohmann::ordered_json::parse(input, nullptr, false);
  const std::string metrics = prometheus_text(json);
  for (std::string_view rest = metrics; !rest.empty();) check_metric(fuzz::take_line(rest));
  if (json.is_discarded()) return;
  check_table(stats_table(json));
  check_table(list_table(json));
  check_table(explanation(json));
}
