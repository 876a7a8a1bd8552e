#include "client/prometheus.hpp"

#include "client/json_members.hpp"

namespace reduce {
namespace {

struct Metric {
  const char* key;   ///< in the statistics
  const char* name;  ///< after `reduce_` or `reduce_program_`
  const char* type;
  const char* help;
};

constexpr Metric kCounters[] = {
    {"total", "calls_total", "counter", "Calls that asked for a command."},
    {"executed", "executed_total", "counter", "Runs started."},
    {"reduced", "reduced_total", "counter", "Calls that shared another's run."},
    {"errors", "errors_total", "counter", "Runs that did not end with exit 0."},
    {"direct", "direct_total", "counter", "Calls sent away to run without the daemon."},
    {"unshared", "unshared_total", "counter", "Runs that nobody could join."},
    {"retried", "retried_total", "counter", "Tries after the first."},
    {"cancelled", "cancelled_total", "counter", "Runs that ended in the queue."},
    {"wait_timeouts", "wait_timeouts_total", "counter", "Calls that gave up waiting."},
    {"time_saved_seconds", "time_saved_seconds_total", "counter",
     "Wall time of runs that did not have to be made."},
    {"cpu_saved_seconds", "cpu_saved_seconds_total", "counter",
     "User and system time of runs that did not have to be made."},
};

constexpr Metric kGauges[] = {
    {"running", "running", "gauge", "Runs in flight."},
    {"callers", "callers", "gauge", "Callers that wait for runs."},
    {"since", "since_timestamp_seconds", "gauge", "When counting began, seconds since 1970."},
};

void put_head(std::string& text, const std::string& name, const Metric& metric) {
  text += "# HELP " + name + " " + metric.help + "\n# TYPE " + name + " " + metric.type + "\n";
}

/// A label's value: backslash, quote and newline are escaped.
std::string escaped(const std::string& value) {
  std::string text;
  for (const char byte : value) {
    if (byte == '\\' || byte == '"') text += '\\';
    if (byte == '\n') {
      text += "\\n";
    } else {
      text += byte;
    }
  }
  return text;
}

/// As the daemon said it, in all its digits; 0 where it is no number.
std::string number_of(const Json& json, const char* key) {
  const Json& member = member_in(json, key);
  return member.is_number() ? member.dump() : "0";
}

void put_total(std::string& text, const Json& stats, const Metric& metric) {
  const std::string name = std::string("reduce_") + metric.name;
  put_head(text, name, metric);
  text += name + " " + number_of(stats, metric.key) + "\n";
}

void put_by_program(std::string& text, const Json& programs, const Metric& metric) {
  const std::string name = std::string("reduce_program_") + metric.name;
  put_head(text, name, metric);
  for (const Json& program : programs) {
    text += name + "{program=\"" + escaped(text_in(program, "program")) + "\"} " +
            number_of(program, metric.key) + "\n";
  }
}

}  // namespace

std::string prometheus_text(const Json& stats) {
  std::string text;
  for (const Metric& metric : kCounters) put_total(text, stats, metric);
  for (const Metric& metric : kGauges) put_total(text, stats, metric);
  if (!stats.contains("programs")) return text;
  const Json& programs = list_in(stats, "programs");
  for (const Metric& metric : kCounters) put_by_program(text, programs, metric);
  return text;
}

}  // namespace reduce
