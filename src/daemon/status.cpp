#include "daemon/status.hpp"

#include <nlohmann/json.hpp>

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
  Json argv = Json::array();
  for (const std::string_view argument : run.command().view().args) argv.push_back(argument);
  return {{"id", run.id()},
          {"argv", std::move(argv)},
          {"cwd", run.command().place().cwd_path},
          {"pid", run.pid()},
          {"age_seconds", seconds(run.age())},
          {"callers", run.callers()},
          {"output_bytes", run.output_size()},
          {"state", name_of(run.state())}};
}

}  // namespace

std::string stats_json(const Statistics::Totals& totals, const Reducer& reducer,
                       std::size_t callers) {
  return to_text({{"total", totals.total},
                  {"executed", totals.executed},
                  {"reduced", totals.reduced},
                  {"errors", totals.errors},
                  {"retried", totals.retried},
                  {"running", reducer.running()},
                  {"callers", callers},
                  {"time_saved_seconds", seconds(totals.time_saved)},
                  {"cpu_saved_seconds", seconds(totals.cpu_saved)}});
}

std::string list_json(const Reducer& reducer) {
  Json runs = Json::array();
  reducer.for_each_run([&runs](const Run& run) { runs.push_back(describe(run)); });
  return to_text({{"runs", std::move(runs)}});
}

}  // namespace reduce
