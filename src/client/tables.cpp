#include "client/tables.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "client/json_members.hpp"
#include "client/shown.hpp"

namespace reduce {
namespace {

/// Later than that is no time of ours: the year 5138.
constexpr double kLatest = 1e11;
/// Of a word that is shown, in columns.
constexpr std::size_t kLongestWord = 2000, kLongestState = 16;

std::string row(const char* label, const std::string& value, const char* note) {
  char text[128];
  std::snprintf(text, sizeof text, *note == '\0' ? "%-13s %10s\n" : "%-13s %10s  %s\n", label,
                value.c_str(), note);
  return text;
}

std::string count(const Json& json, const char* key) {
  return std::to_string(count_in(json, key).value_or(0));
}

std::string time_in(const Json& json, const char* key) {
  return in_seconds(number_in(json, key).value_or(0));
}

/// One line, without what a terminal would obey.
std::string word_of(const std::string& text, std::size_t columns = kLongestWord) {
  return fit(text, columns).text;
}

/// What seldom happens is not worth a line of zeros.
std::string optional_row(const Json& stats, const char* key, const char* note) {
  std::string label = key;
  std::replace(label.begin(), label.end(), '_', ' ');
  return count_in(stats, key).value_or(0) == 0 ? "" : row(label.c_str(), count(stats, key), note);
}

std::string in_local_time(double time) {
  const auto whole = static_cast<std::time_t>(std::clamp(time, 0.0, kLatest));
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
  for (const Json& program : list_in(stats, "programs")) {
    std::snprintf(line, sizeof line, format, count(program, "total").c_str(),
                  count(program, "executed").c_str(), count(program, "reduced").c_str(),
                  count(program, "errors").c_str(), time_in(program, "time_saved_seconds").c_str());
    text += line + quoted(text_in(program, "program")) + "\n";
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
         row("time saved", time_in(stats, "time_saved_seconds"), "of waiting") +
         row("CPU saved", time_in(stats, "cpu_saved_seconds"), "of user and system time") +
         row("since", in_local_time(number_in(stats, "since").value_or(0)), "") +
         programs_table(stats);
}

std::string list_table(const Json& list) {
  char head[128];
  constexpr const char* format = "%6s %8s %8s %8s %7s  %-8s  %s";
  std::snprintf(head, sizeof head, format, "ID", "PID", "AGE", "CALLERS", "OUTPUT", "STATE",
                "COMMAND\n");
  std::string text = head;
  for (const Json& run : list_in(list, "runs")) {
    char line[128];
    std::snprintf(line, sizeof line, format, count(run, "id").c_str(), count(run, "pid").c_str(),
                  time_in(run, "age_seconds").c_str(), count(run, "callers").c_str(),
                  in_bytes(count_in(run, "output_bytes").value_or(0)).c_str(),
                  word_of(text_in(run, "state"), kLongestState).c_str(), "");
    text.append(line).append(command_line_of(member_in(run, "argv"))).append("\n");
  }
  return text;
}

std::string explanation(const Json& explained) {
  std::string text = "what counts:\n";
  for (const Json& part : list_in(explained, "parts")) {
    const std::string digest = word_of(text_in(part, "digest")), name = text_in(part, "name");
    text.append("  ").append(digest).append("  ").append(word_of(name));
    const std::string value = text_in(part, "value");
    if (!value.empty()) text.append("  ").append(quoted(value));
    text += "\n";
  }
  const Json& runs = list_in(explained, "runs");
  if (runs.empty()) text += "no run of this program is in flight\n";
  for (const Json& run : runs) {
    text += "run " + count(run, "id");
    const Json& differs = list_in(run, "differs");
    if (differs.empty()) text += " is of the same command";
    const char* before = " differs in: ";
    for (const Json& name : differs) {
      text.append(before).append(word_of(name.is_string() ? name.get<std::string>() : ""));
      before = ", ";
    }
    text += "\n";
  }
  return text;
}

}  // namespace reduce
