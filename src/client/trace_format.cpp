#include "client/trace_format.hpp"

#include "base/version.hpp"
#include "client/shown.hpp"

namespace reduce {
namespace {

constexpr int kProcess = 1;
/// Of a command, in the name of a row or a slice.
constexpr std::size_t kLongestName = 120;

const char* name_of(Timeline::Kind kind) {
  switch (kind) {
    case Timeline::Kind::queue:
      return "queued";
    case Timeline::Kind::join:
      return "join";
    case Timeline::Kind::leave:
      return "leave";
    case Timeline::Kind::retry:
      return "retry";
    case Timeline::Kind::cancel:
      return "cancel";
    case Timeline::Kind::tire:
      return "wait-timeout";
    case Timeline::Kind::dropped:
      return "dropped";
    case Timeline::Kind::direct:
      break;
  }
  return "direct";
}

/// Events between the brackets, one on each line.
class Events {
 public:
  explicit Events(const Sink& sink) : sink_(sink) {}
  void add(const Json& event) {
    sink_(first_ ? "\n" : ",\n");
    first_ = false;
    sink_(event.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

 private:
  const Sink& sink_;
  bool first_ = true;
};

/// The thread of each row's first lane; 0 is for what is of no row.
std::vector<std::size_t> first_threads(const Timeline& timeline) {
  std::vector<std::size_t> threads;
  std::size_t next = 1;
  for (const auto& row : timeline.rows()) {
    threads.push_back(next);
    next += row.lanes;
  }
  return threads;
}

Json event_of(const char* phase, const std::string& name, std::size_t thread, Timeline::Micros at) {
  return {{"name", name}, {"ph", phase}, {"pid", kProcess}, {"tid", thread}, {"ts", at}};
}

Json metadata(const char* what, std::size_t thread, const char* key, const Json& value) {
  Json event = event_of("M", what, thread, 0);
  event["args"] = {{key, value}};
  return event;
}

void name_rows(const Timeline& timeline, const std::vector<std::size_t>& threads, Events& events) {
  events.add(metadata("process_name", 0, "name", "reduce"));
  events.add(metadata("thread_name", 0, "name", "(no run)"));
  for (std::size_t row = 0; row < threads.size(); ++row) {
    const auto& named = timeline.rows()[row];
    const std::string name = fit(named.command, kLongestName).text;
    for (std::size_t lane = 0; lane < named.lanes; ++lane) {
      const std::size_t thread = threads[row] + lane;
      const std::string number = lane == 0 ? "" : " (" + std::to_string(lane + 1) + ")";
      events.add(metadata("thread_name", thread, "name", name + number));
      events.add(metadata("thread_sort_index", thread, "sort_index", thread));
    }
  }
}

const char* end_of(const Timeline::Run& run) {
  if (run.how == Timeline::End::in_flight) return "in flight";
  return run.how == Timeline::End::ok ? "ok" : "error";
}

Json slice_of(const Timeline& timeline, const Timeline::Run& run, std::size_t thread) {
  const auto& row = timeline.rows()[run.row];
  Json slice = event_of("X", fit(row.command, kLongestName).text, thread, *run.begin);
  slice["dur"] = run.end - *run.begin;
  slice["cat"] = "run";
  if (run.how == Timeline::End::failed) slice["cname"] = "terrible";
  Json& args = slice["args"];
  args = {{"id", run.id},       {"command", row.command}, {"cwd", row.cwd},    {"end", end_of(run)},
          {"exit", run.ending}, {"callers", run.callers}, {"joins", run.joins}};
  if (run.how != Timeline::End::in_flight) args["output_bytes"] = run.output;
  if (run.earlier_age > 0) args["age_at_start_seconds"] = run.earlier_age;
  return slice;
}

Json instant_of(const Timeline& timeline, const Timeline::Mark& mark, std::size_t thread) {
  Json instant = event_of("i", name_of(mark.kind), thread, mark.at);
  instant["s"] = mark.run == Timeline::kNoRun ? "p" : "t";
  instant["cat"] = name_of(mark.kind);
  if (mark.run != Timeline::kNoRun) instant["args"]["id"] = timeline.runs()[mark.run].id;
  if (mark.kind == Timeline::Kind::dropped) instant["args"]["events"] = mark.count;
  if (mark.kind == Timeline::Kind::join || mark.kind == Timeline::Kind::leave) {
    instant["args"]["callers"] = mark.count;
  }
  return instant;
}

/// From a call that joined a run in the queue, to that run's beginning.
void add_flow(const Timeline::Run& run, const Timeline::Mark& mark, std::size_t thread,
              std::size_t number, Events& events) {
  if (mark.kind != Timeline::Kind::join || !run.begin || mark.at >= *run.begin) return;
  for (const char* phase : {"s", "f"}) {
    Json flow = event_of(phase, "queued call", thread, *phase == 's' ? mark.at : *run.begin);
    flow["cat"] = "join";
    flow["id"] = number;
    if (*phase == 'f') flow["bp"] = "e";
    events.add(flow);
  }
}

Json summary_of(const Timeline& timeline) {
  const auto& totals = timeline.totals();
  return {{"recorded_by", version_line("reduce-run")},
          {"began", timeline.begin()},
          {"duration_seconds", static_cast<double>(timeline.end()) / 1e6},
          {"calls", totals.calls},
          {"executed", totals.executed},
          {"reduced", totals.joined},
          {"errors", totals.errors},
          {"direct", totals.direct},
          {"time_saved_seconds", totals.saved},
          {"events_dropped", totals.dropped},
          {"not_kept", totals.not_kept}};
}

}  // namespace

void write_trace(const Timeline& timeline, const Sink& sink) {
  const std::vector<std::size_t> threads = first_threads(timeline);
  sink("{\"displayTimeUnit\": \"ms\",\n\"otherData\": " + summary_of(timeline).dump() +
       ",\n\"traceEvents\": [");
  Events events(sink);
  name_rows(timeline, threads, events);
  for (const auto& run : timeline.runs()) {
    if (run.begin) events.add(slice_of(timeline, run, threads[run.row] + run.lane));
  }
  std::size_t number = 0;
  for (const auto& mark : timeline.marks()) {
    if (mark.run == Timeline::kNoRun) {
      events.add(instant_of(timeline, mark, 0));
      continue;
    }
    const auto& run = timeline.runs()[mark.run];
    const std::size_t thread = threads[run.row] + run.lane;
    events.add(instant_of(timeline, mark, thread));
    add_flow(run, mark, thread, ++number, events);
  }
  sink("\n]}\n");
}

}  // namespace reduce
