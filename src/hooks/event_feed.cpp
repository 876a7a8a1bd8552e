#include "hooks/event_feed.hpp"

#include <csignal>
#include <nlohmann/json.hpp>

#include "command/outcome_json.hpp"

namespace reduce {
namespace {

JsonLine begin_line(const char* event, double time) {
  JsonLine line;
  line.add("event", event);
  line.add("time", time);
  return line;
}

/// What all events of one run say of it.
JsonLine describe(const Run& run, const std::string& key) {
  JsonLine line;
  line.add("id", run.id());
  line.add_all("argv", shown_arguments(run.command().view()));
  line.add("cwd", run.command().shown_directory());
  line.add("identity", digest_of(run.identity(), key));
  return line;
}

/// As put_outcome() has it.
void add_outcome(JsonLine& line, const Outcome& outcome) {
  nlohmann::ordered_json json;
  put_outcome(json, outcome);
  for (const auto& [key, value] : json.items()) {
    if (value.is_string()) {
      line.add(key, value.get_ref<const std::string&>());
    } else {
      line.add(key, value.get<int>());
    }
  }
}

constexpr auto kNothing = [](JsonLine&) {};

}  // namespace

int EventFeed::listen(Listener listener) {
  listeners_.emplace(++last_, std::move(listener));
  return last_;
}

void EventFeed::send(const std::string& line) {
  for (auto next = listeners_.begin(); next != listeners_.end();) {
    // It may stop itself.
    const Listener listener = (next++)->second;
    listener(line);
  }
}

const JsonLine& EventFeed::description_of(const Run& run) {
  JsonLine& line = descriptions_[run.id()];
  if (line.empty()) line = describe(run, key_);
  return line;
}

template <class Add>
void EventFeed::tell(const char* event, const Run& run, Add add) {
  if (listeners_.empty()) {
    descriptions_.clear();
    return;
  }
  JsonLine line = begin_line(event, clock_.time_of_day());
  line.add_members(description_of(run));
  add(line);
  // After its end a run is seldom heard of.
  if (run.outcome()) descriptions_.erase(run.id());
  send(line.text());
}

std::string EventFeed::line_on(const Run& run) const {
  JsonLine line = begin_line("running", clock_.time_of_day());
  line.add_members(describe(run, key_));
  line.add("pid", run.pid());
  line.add("callers", run.callers());
  line.add("age_seconds", seconds(run.age()));
  line.add("started", run.has_started());
  return line.text();
}

std::string EventFeed::line_on_dropped(std::uint64_t count) const {
  JsonLine line = begin_line("dropped", clock_.time_of_day());
  line.add("count", count);
  return line.text();
}

void EventFeed::apply(const Run& run) {
  tell("apply", run, kNothing);
}

void EventFeed::execute(const Run& run) {
  tell("execute", run, kNothing);
}

void EventFeed::reduce(const Run& run, const Caller& caller) {
  tell("reduce", run, [&](JsonLine& line) {
    line.add("callers", run.served());
    line.add("age_seconds", seconds(caller.age_at_join()));
  });
}

void EventFeed::retry(const Run& run) {
  tell("retry", run, kNothing);
}

void EventFeed::leave(const Run& run, const Caller&) {
  tell("leave", run, [&](JsonLine& line) { line.add("callers", run.callers() - 1); });
}

void EventFeed::result(const Run& run) {
  tell_end("result", run);
}

void EventFeed::error(const Run& run) {
  tell_end("error", run);
}

void EventFeed::cancel(const Run& run) {
  tell("cancel", run, kNothing);
}

void EventFeed::tire(const Run& run, const Caller&) {
  tell("wait-timeout", run, kNothing);
}

void EventFeed::tell_end(const char* event, const Run& run) {
  tell(event, run, [&](JsonLine& line) {
    add_outcome(line, *run.outcome());
    line.add("callers", run.served());
    line.add("output_bytes", run.output_size());
    line.add("duration_seconds", seconds(run.duration()));
    line.add("cpu_seconds", seconds(run.cpu()));
  });
}

void EventFeed::decline(const CommandView& command, const Place& place, std::string_view reason) {
  if (listeners_.empty()) return;
  JsonLine line = begin_line("direct", clock_.time_of_day());
  line.add("id", nullptr);
  line.add_all("argv", shown_arguments(command));
  line.add("cwd", command.options.is_private ? std::string_view() : place.cwd_path);
  line.add("reason", reason);
  send(line.text());
}

}  // namespace reduce
