#include "hooks/event_feed.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "command/outcome_json.hpp"

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The members of an object, without its braces.
std::string members(const Json& json) {
  const std::string text = to_line(json);
  return text.substr(1, text.size() - 2);
}

/// What all events of one run say of it.
std::string describe(const Run& run, const std::string& key) {
  return members({{"id", run.id()},
                  {"argv", shown_arguments(run.command().view())},
                  {"cwd", run.command().shown_directory()},
                  {"identity", digest_of(run.identity(), key)}});
}

std::string begin_line(const char* event, double time) {
  char text[96];
  std::snprintf(text, sizeof text, "{\"event\":\"%s\",\"time\":%.6f,", event, time);
  return text;
}

constexpr auto kNothing = [](Json&) {};

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

const std::string& EventFeed::description_of(const Run& run) {
  std::string& text = descriptions_[run.id()];
  if (text.empty()) text = describe(run, key_);
  return text;
}

template <class Add>
void EventFeed::tell(const char* event, const Run& run, Add add) {
  if (listeners_.empty()) {
    descriptions_.clear();
    return;
  }
  std::string line = begin_line(event, clock_.time_of_day()) + description_of(run);
  Json more = Json::object();
  add(more);
  if (!more.empty()) line.append(",").append(members(more));
  // After its end a run is seldom heard of.
  if (run.outcome()) descriptions_.erase(run.id());
  send(line += '}');
}

std::string EventFeed::line_on(const Run& run) const {
  const Json more = {{"pid", run.pid()},
                     {"callers", run.callers()},
                     {"age_seconds", seconds(run.age())},
                     {"started", run.has_started()}};
  return begin_line("running", clock_.time_of_day()) + describe(run, key_) + "," + members(more) +
         "}";
}

std::string EventFeed::line_on_dropped(std::uint64_t count) const {
  return to_line({{"event", "dropped"}, {"time", clock_.time_of_day()}, {"count", count}});
}

void EventFeed::apply(const Run& run) {
  tell("apply", run, kNothing);
}

void EventFeed::execute(const Run& run) {
  tell("execute", run, kNothing);
}

void EventFeed::reduce(const Run& run, const Caller& caller) {
  tell("reduce", run, [&](Json& json) {
    json["callers"] = run.served();
    json["age_seconds"] = seconds(caller.age_at_join());
  });
}

void EventFeed::retry(const Run& run) {
  tell("retry", run, kNothing);
}

void EventFeed::leave(const Run& run, const Caller&) {
  tell("leave", run, [&](Json& json) { json["callers"] = run.callers() - 1; });
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
  tell(event, run, [&](Json& json) {
    put_outcome(json, *run.outcome());
    json["callers"] = run.served();
    json["output_bytes"] = run.output_size();
    json["duration_seconds"] = seconds(run.duration());
    json["cpu_seconds"] = seconds(run.cpu());
  });
}

void EventFeed::decline(const CommandView& command, const Place& place, std::string_view reason) {
  if (listeners_.empty()) return;
  const Json json = {{"event", "direct"},
                     {"time", clock_.time_of_day()},
                     {"id", nullptr},
                     {"argv", shown_arguments(command)},
                     {"cwd", command.options.is_private ? std::string() : place.cwd_path},
                     {"reason", reason}};
  send(to_line(json));
}

}  // namespace reduce
