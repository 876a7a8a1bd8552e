#include "client/tables.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "client/shown.hpp"

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

std::string row(const char* label, const std::string& value, const char* note) {
  char text[128];
  std::snprintf(text, sizeof text, *note == '\0' ? "%-13s %10s\n" : "%-13s %10s  %s\n", label,
                value.c_str(), note);
  return text;
}

std::string count(const Json& stats, const char* key) {
  return std::to_string(stats.value(key, std::uint64_t{0}));
}

/// What seldom happens is not worth a line of zeros.
std::string optional_row(const Json& stats, const char* key, const char* note) {
  std::string label = key;
  std::replace(label.begin(), label.end(), '_', ' ');
  return stats.value(key, std::uint64_t{0}) == 0 ? "" : row(label.c_str(), count(stats, key), note);
}

std::string in_local_time(double time) {
  const auto whole = static_cast<std::time_t>(time);
  std::tm parts{};
  ::localtime_r(&whole, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

/// Program by program, the most used first; empty where that was not asked for.
std::string programs_table(const Json& stats) {
  if (!stats.contains("programs")) return {};
  constexpr const char* format = "%8s %8s %8s %8s %10s  ";
  char line[128];
  std::snprintf(line, sizeof line, format, "TOTAL", "EXECUTED", "REDUCED", "ERRORS", "TIME SAVED");
  std::string text = std::string("\n") + line + "PROGRAM\n";
  for (const Json& program : stats["programs"]) {
    std::snprintf(line, sizeof line, format, count(program, "total").c_str(),
                  count(program, "executed").c_str(), count(program, "reduced").c_str(),
                  count(program, "errors").c_str(),
                  in_seconds(program.value("time_saved_seconds", 0.0)).c_str());
    text += line + quoted(program.value("program", std::string())) + "\n";
  }
  return text;
}

}  // namespace

std::string stats_table(const Json& stats) {
  return row("total", count(stats, "total"), "calls that asked for a command") +
         row("executed", count(stats, "executed"), "runs started") +
         row("reduced", count(stats, "reduced"), "calls that shared another's run") +
         row("errors", count(stats, "errors"), "runs that did not end with exit 0") +
         optional_row(stats, "direct", "calls sent away to run without the daemon") +
         optional_row(stats, "unshared", "runs that nobody could join") +
         optional_row(stats, "retried", "tries after the first") +
         optional_row(stats, "cancelled", "runs that ended in the queue") +
         optional_row(stats, "wait_timeouts", "calls that gave up waiting") +
         row("running", count(stats, "running"), "runs in flight") +
         row("callers", count(stats, "callers"), "callers waiting") +
         row("time saved", in_seconds(stats.value("time_saved_seconds", 0.0)), "of waiting") +
         row("CPU saved", in_seconds(stats.value("cpu_saved_seconds", 0.0)),
             "of user and system time") +
         row("since", in_local_time(stats.value("since", 0.0)), "") + programs_table(stats);
}

std::string list_table(const Json& list) {
  char head[128];
  constexpr const char* format = "%6s %8s %8s %8s %7s  %-8s  %s\n";
  std::snprintf(head, sizeof head, format, "ID", "PID", "AGE", "CALLERS", "OUTPUT", "STATE",
                "COMMAND");
  std::string text = head;
  for (const Json& run : list.value("runs", Json::array())) {
    const std::string command = command_line_of(run.value("argv", Json::array()));
    char line[128];
    std::snprintf(line, sizeof line, "%6llu %8lld %8s %8llu %7s  %-8s  ", run.value("id", 0ULL),
                  run.value("pid", 0LL), in_seconds(run.value("age_seconds", 0.0)).c_str(),
                  run.value("callers", 0ULL),
                  in_bytes(run.value("output_bytes", std::uint64_t{0})).c_str(),
                  run.value("state", std::string()).c_str());
    text += line + command + "\n";
  }
  return text;
}

std::string explanation(const Json& explained) {
  std::string text = "what counts:\n";
  for (const Json& part : explained.value("parts", Json::array())) {
    const std::string name = part.value("name", std::string());
    text.append("  ").append(part.value("digest", std::string())).append("  ").append(name);
    if (part.contains("value"))
      text.append("  ").append(quoted(part.value("value", std::string())));
    text += "\n";
  }
  const Json runs = explained.value("runs", Json::array());
  if (runs.empty()) text += "no run of this program is in flight\n";
  for (const Json& run : runs) {
    text += "run " + std::to_string(run.value("id", 0ULL));
    const Json differs = run.value("differs", Json::array());
    if (differs.empty()) text += " is of the same command";
    for (std::size_t i = 0; i < differs.size(); ++i) {
      text.append(i == 0 ? " differs in: " : ", ").append(differs[i].get<std::string>());
    }
    text += "\n";
  }
  return text;
}

}  // namespace reduce
