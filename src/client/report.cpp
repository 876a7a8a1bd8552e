#include "client/report.hpp"

#include <nlohmann/json.hpp>

#include "client/say.hpp"
#include "client/whole_file.hpp"
#include "command/outcome_json.hpp"

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Report& report) {
  Json json;
  if (report.attached) {
    json["id"] = report.attached->run;
    json["role"] = report.attached->role == Role::started ? "started" : "joined";
    json["callers"] = report.attached->callers;
  } else {
    json["id"] = nullptr;
    json["role"] = "direct";
    json["callers"] = 1;
  }
  put_outcome(json, report.outcome);
  if (std::holds_alternative<Broken>(report.outcome)) json["code"] = report.broken_status;
  json["age_at_join_seconds"] = report.attached ? seconds(report.attached->age) : 0.0;
  json["duration_seconds"] = seconds(report.duration);
  return json.dump() + "\n";
}

}  // namespace

void write_report(const std::string& path, const Report& report) {
  auto file = WholeFile::open(path);
  if (file) file->write(text_of(report));
  const auto written = file ? file->finish() : Result<void>(file.error());
  if (!written) say("no report: " + written.error().text);
}

}  // namespace reduce
