#include <nlohmann/json.hpp>

#include "report/report.hpp"

namespace bench {
namespace {

using nlohmann::json;

json to_json(const Summary& summary) {
  return {{"median", summary.median},
          {"quartiles", {summary.low, summary.high}},
          {"samples", summary.samples}};
}

json to_json(const Row& row, bool verdict) {
  json told{{"what", row.what},
            {"unit", row.unit},
            {"ours", to_json(row.ours)},
            {"goal", row.goal},
            {"judged", to_json(row.judged)},
            {"judged_unit", row.judged_unit.empty() ? "ratio" : row.judged_unit}};
  if (!row.peer.empty()) told["peer"] = row.peer;
  if (row.theirs) told["theirs"] = to_json(*row.theirs);
  if (verdict) told["holds"] = row.holds();
  return told;
}

json to_json(const Curve& curve) {
  json points = json::array();
  for (const Curve::Point& point : curve.points) {
    json told{{"count", point.count}};
    for (std::size_t n = 0; n < point.values.size(); ++n) {
      told[curve.columns[n]] = point.values[n];
    }
    points.push_back(told);
  }
  return {{"what", curve.what}, {"points", points}};
}

json to_json(const SyscallCount& count) {
  json by_name = json::object();
  for (const auto& [name, times] : count.by_name) by_name[name] = times;
  return {{"program", count.program}, {"total", count.total}, {"by_name", by_name}};
}

}  // namespace

std::string to_json(const Results& results, const Circumstances& circumstances) {
  json told{{"mode", circumstances.mode},   {"machine", circumstances.machine},
            {"load", circumstances.load},   {"seconds", circumstances.seconds},
            {"rows", json::array()},        {"curves", json::array()},
            {"syscalls", json::array()},    {"notes", results.notes},
            {"not_measured", json::array()}};
  for (const Row& row : results.rows) told["rows"].push_back(to_json(row, circumstances.verdict));
  for (const Curve& curve : results.curves) told["curves"].push_back(to_json(curve));
  for (const SyscallCount& each : results.syscalls) told["syscalls"].push_back(to_json(each));
  for (const Skipped& each : results.skipped) {
    told["not_measured"].push_back({{"what", each.what}, {"why", each.why}});
  }
  return told.dump(2) + "\n";
}

}  // namespace bench
