#include "daemon/status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "hooks/statistics_json.hpp"

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char* name_of(Run::State state) {
  switch (state) {
    case Run::State::queued:
      return "queued";
    case Run::State::running:
      return "running";
    default:
      return "stopping";
  }
}

Json describe(const Run& run) {
  return {{"id", run.id()},
          {"argv", shown_arguments(run.command().view())},
          {"cwd", run.command().shown_directory()},
          {"pid", run.pid()},
          {"age_seconds", seconds(run.age())},
          {"callers", run.callers()},
          {"output_bytes", run.output_size()},
          {"state", name_of(run.state())}};
}

}  // namespace

std::string stats_json(const Statistics::Record& record, const Reducer& reducer) {
  Json stats = to_json(record.totals);
  stats["running"] = reducer.running();
  stats["callers"] = reducer.callers();
  stats["since"] = record.since;
  Json programs = Json::array();
  for (const auto& [name, counts] : record.programs) {
    Json program = {{"program", name}};
    program.update(to_json(counts));
    programs.push_back(std::move(program));
  }
  std::stable_sort(programs.begin(), programs.end(), [](const Json& one, const Json& other) {
    return one["total"].get<std::uint64_t>() > other["total"].get<std::uint64_t>();
  });
  stats["programs"] = std::move(programs);
  return to_text(stats);
}

std::string list_json(const Reducer& reducer) {
  Json runs = Json::array();
  reducer.for_each_run([&runs](const Run& run) { runs.push_back(describe(run)); });
  return to_text({{"runs", std::move(runs)}});
}

}  // namespace reduce
