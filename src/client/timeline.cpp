#include "client/timeline.hpp"

#include <algorithm>
#include <numeric>

#include "client/shown.hpp"

namespace reduce {
namespace {

/// Of a command's words, in columns.
constexpr std::size_t kLongestCommand = 500;
/// No recording takes longer: 30 years.
constexpr double kMostSeconds = 1e9;

std::string ending_of(const Json& json) {
  const std::string end = text_in(json, "end");
  if (end == "signal") return "signal " + std::to_string(count_in(json, "signal").value_or(0));
  if (end == "timeout") return "time-out";
  if (end != "exit") return "error";
  return "exit " + std::to_string(count_in(json, "code").value_or(0) & 0xff);
}

double seconds_in(const Json& json, const char* key) {
  return std::clamp(number_in(json, key).value_or(0), 0.0, kMostSeconds);
}

}  // namespace

/// An event that is of a run.
struct Timeline::Moment {
  const Json& json;
  Micros at;
  std::size_t index;  ///< kNoRun where there was no room for it
  Run* run;           ///< null then
};

Timeline::Micros Timeline::micros(double time) const {
  return static_cast<Micros>(std::clamp(time - begin_, 0.0, kMostSeconds) * 1e6);
}

void Timeline::take(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return;
  const std::string name = text_in(json, "event");
  const auto time = number_in(json, "time");
  if (name.empty() || !time) return;
  const Micros at = micros(*time);
  if (name == "dropped") {
    const std::uint64_t count = count_in(json, "count").value_or(0);
    totals_.dropped += count;
    return mark(Kind::dropped, kNoRun, at, count);
  }
  if (name == "direct") {
    ++totals_.direct;
    return mark(Kind::direct, kNoRun, at);
  }
  constexpr std::string_view of_runs[] = {"running", "apply",  "execute", "reduce",       "retry",
                                          "leave",   "result", "error",   "wait-timeout", "cancel"};
  if (std::ranges::find(of_runs, name) == std::end(of_runs)) return;
  if (!count_in(json, "id")) return;
  const std::size_t index = run_of(json, at);
  take_event(name, {json, at, index, index == kNoRun ? nullptr : &runs_[index]});
}

void Timeline::take_event(const std::string& name, const Moment& moment) {
  Run* run = moment.run;
  if (name == "running") return take_running(moment);
  if (name == "reduce") return take_join(moment);
  if (name == "result") return take_end(moment, End::ok);
  if (name == "error") return take_end(moment, End::failed);
  if (name == "cancel") return take_end(moment, End::cancelled);
  if (name == "apply") {
    ++totals_.calls;
    if (run != nullptr && run->how == End::in_flight) ++run->callers;
  } else if (name == "execute") {
    ++totals_.executed;
    if (run != nullptr && !run->begin && run->how == End::in_flight) run->begin = moment.at;
  } else if (run != nullptr) {
    const Kind kind = name == "retry" ? Kind::retry : name == "leave" ? Kind::leave : Kind::tire;
    mark(kind, moment.index, moment.at, count_in(moment.json, "callers").value_or(0));
  }
}

std::size_t Timeline::row_of(const Json& json) {
  std::string command = fit(command_line_of(member_in(json, "argv")), kLongestCommand).text;
  std::string identity = text_in(json, "identity").substr(0, kLongestCommand);
  if (identity.empty()) identity = " " + command;
  const auto found = row_by_identity_.find(identity);
  if (found != row_by_identity_.end()) return found->second;
  if (rows_.size() >= limits_.rows) return kNoRun;
  row_by_identity_.emplace(std::move(identity), rows_.size());
  rows_.push_back({std::move(command), fit(text_in(json, "cwd"), kLongestCommand).text});
  return rows_.size() - 1;
}

std::size_t Timeline::run_of(const Json& json, Micros at) {
  const std::uint64_t id = *count_in(json, "id");
  const auto found = run_by_id_.find(id);
  if (found != run_by_id_.end()) return found->second;
  const std::size_t row = runs_.size() < limits_.runs ? row_of(json) : kNoRun;
  if (row == kNoRun) {
    const std::string event = text_in(json, "event");
    // Each once: by its beginning.
    if (event == "execute" || event == "running") ++totals_.not_kept;
    return kNoRun;
  }
  run_by_id_.emplace(id, runs_.size());
  Run run;
  run.id = id;
  run.row = row;
  run.seen = at;
  runs_.push_back(std::move(run));
  return runs_.size() - 1;
}

void Timeline::take_running(const Moment& moment) {
  Run* run = moment.run;
  if (run == nullptr || run->begin || run->how != End::in_flight) return;
  run->callers = count_in(moment.json, "callers").value_or(0);
  const auto started = moment.json.find("started");
  if (started != moment.json.end() && *started == false) return;
  const double age = seconds_in(moment.json, "age_seconds");
  const double began = *number_in(moment.json, "time") - age;
  run->begin = micros(began);
  run->earlier_age = std::clamp(begin_ - began, 0.0, age);
}

void Timeline::take_join(const Moment& moment) {
  ++totals_.joined;
  Run* run = moment.run;
  if (run == nullptr) {
    ++totals_.not_kept;
    return;
  }
  ++run->joins;
  run->callers = count_in(moment.json, "callers").value_or(run->callers);
  if (!run->begin && run->how == End::in_flight && seconds_in(moment.json, "age_seconds") > 0) {
    run->begin = micros(*number_in(moment.json, "time") - seconds_in(moment.json, "age_seconds"));
  }
  // A run that ended is shared on for a while.
  if (run->how != End::in_flight) totals_.saved += run->duration;
  mark(Kind::join, moment.index, moment.at, run->callers);
}

void Timeline::take_end(const Moment& moment, End how) {
  if (how == End::failed) ++totals_.errors;
  Run* run = moment.run;
  if (run == nullptr || run->how != End::in_flight) return;
  run->how = how;
  run->end = moment.at;
  if (how == End::cancelled) {
    run->begin.reset();
    run->ending = "cancelled";
    return mark(Kind::cancel, moment.index, moment.at);
  }
  run->ending = ending_of(moment.json);
  run->callers = count_in(moment.json, "callers").value_or(run->callers);
  run->output = count_in(moment.json, "output_bytes").value_or(0);
  run->duration = seconds_in(moment.json, "duration_seconds");
  totals_.saved += run->duration * static_cast<double>(run->joins);
  // Its beginning may have been dropped.
  if (!run->begin) run->begin = micros(*number_in(moment.json, "time") - run->duration);
}

void Timeline::mark(Kind kind, std::size_t run, Micros at, std::uint64_t count) {
  if (marks_.size() < limits_.marks) {
    marks_.push_back({kind, run, at, count});
  } else {
    ++totals_.not_kept;
  }
}

void Timeline::finish(double end) {
  end_ = std::max<Micros>(micros(end), 1);
  for (std::size_t index = 0; index < runs_.size(); ++index) {
    Run& run = runs_[index];
    if (!run.begin) {
      if (run.how == End::in_flight) mark(Kind::queue, index, run.seen);
      continue;
    }
    run.begin = std::min(*run.begin, end_ - 1);
    if (run.how == End::in_flight) run.end = end_;
    run.end = std::clamp(run.end, *run.begin + 1, end_);
  }
  for (Mark& mark : marks_) mark.at = std::min(mark.at, end_);
  lay_out();
}

/// Each run goes into the first lane of its row that is free when it begins.
void Timeline::lay_out() {
  std::vector<std::size_t> order(runs_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [this](std::size_t run) { return runs_[run].begin; });
  std::vector<std::vector<Micros>> free_from(rows_.size());
  for (const std::size_t index : order) {
    Run& run = runs_[index];
    if (!run.begin) continue;
    std::vector<Micros>& lanes = free_from[run.row];
    const auto lane = std::ranges::find_if(lanes, [&](Micros at) { return at <= *run.begin; });
    run.lane = static_cast<std::size_t>(lane - lanes.begin());
    if (lane == lanes.end()) {
      lanes.push_back(run.end);
    } else {
      *lane = run.end;
    }
    rows_[run.row].lanes = std::max(rows_[run.row].lanes, lanes.size());
  }
}

}  // namespace reduce
