#include "client/question_options.hpp"

#include "client/bad_usage.hpp"

namespace reduce {
namespace {

using Kind = Question::Kind;

/// What stands for a command of its own on a command line.
struct QuestionName {
  const char* option;
  Kind kind;
};
constexpr QuestionName kQuestions[] = {
    {"--stats", Kind::stats},       {"--list", Kind::list},     {"--stop", Kind::stop},
    {"--kill", Kind::kill},         {"--forget", Kind::forget}, {"--explain", Kind::explain},
    {"--events", Kind::events},     {"--top", Kind::top},       {"--trace", Kind::trace},
    {"--timeline", Kind::timeline}, {"--doctor", Kind::doctor}, {"--shell-init", Kind::shell_init},
    {"--shims", Kind::shims}};

bool is_recording(Kind kind) {
  return kind == Kind::trace || kind == Kind::timeline;
}

/// Whether it is about command lines, which follow it.
bool takes_commands(Kind kind) {
  return kind == Kind::shell_init || kind == Kind::shims;
}

/// What a question is about, where it is about something.
std::string argument_of(Kind kind, const QuestionOptions& options) {
  switch (kind) {
    case Kind::kill:
      return options.kill;
    case Kind::forget:
      return options.forget;
    case Kind::trace:
      return options.trace;
    case Kind::timeline:
      return options.timeline;
    case Kind::shell_init:
      return options.shell;
    case Kind::shims:
      return options.shims;
    default:
      return {};
  }
}

/// The one word that may follow the file of a recording. A status where it is none.
std::optional<int> take_duration(Question& question, const std::string& option, char** words) {
  if (question.argument.empty()) return bad_usage(option + " needs a file");
  if (*words == nullptr) return std::nullopt;
  if (words[1] != nullptr) return bad_usage(option + " takes a file and a duration, no command");
  question.duration = parse_duration(*words);
  if (question.duration) return std::nullopt;
  return bad_usage(option + ": '" + *words + "' is not a duration such as 10s");
}

/// The command lines after `--shims DIR` and `--shell-init SHELL`.
std::optional<int> take_commands(Question& question, const std::string& option, char** words) {
  if (question.argument.empty()) return bad_usage(option + " needs a value that is not empty");
  if (*words == nullptr) return bad_usage(option + " needs a command");
  for (; *words != nullptr; ++words) question.commands.emplace_back(*words);
  return std::nullopt;
}

/// How the answer is to look. A status where that does not go with the question.
std::optional<int> refine(Question& question, const QuestionOptions& options) {
  const bool is_stats = question.kind == Kind::stats;
  const bool prints =
      question.kind != Kind::top && !is_recording(question.kind) && !takes_commands(question.kind);
  if (options.json && !prints) return bad_usage("--json goes with what is printed");
  if (options.json && options.prometheus)
    return bad_usage("--json and --prometheus exclude one another");
  if (!is_stats && options.prometheus) return bad_usage("--prometheus goes with --stats");
  if (!is_stats && options.reset) return bad_usage("--reset goes with --stats");
  // CLI11 gives a flag without a value the word "true".
  if (is_stats && options.stats != "true") {
    if (options.stats != "detail")
      return bad_usage("--stats: '" + options.stats + "' is not 'detail'");
    question.detail = true;
  }
  if (options.reset) question.argument = "reset";
  if (options.json) question.form = Question::Form::json;
  if (options.prometheus) question.form = Question::Form::prometheus;
  return std::nullopt;
}

/// What goes with nothing but a question. A status where it is there.
std::variant<Question, std::monostate, int> no_question(const QuestionOptions& options) {
  if (options.json) return bad_usage("--json goes with a question");
  if (options.prometheus || options.reset) {
    return bad_usage("--prometheus and --reset go with --stats");
  }
  return std::monostate();
}

/// An option that takes one value, the last where it is there several times.
void add_value(CLI::App& app, const char* option, std::string& into, const char* type,
               const char* help) {
  app.add_option(option, into, help)->type_name(type)->take_last();
}

}  // namespace

std::string question_usage() {
  return "       reduce-run --stats[=detail] [--json|--prometheus] [--reset]\n"
         "       reduce-run --list [--json]\n"
         "       reduce-run --events\n"
         "       reduce-run --top\n"
         "       reduce-run --trace|--timeline FILE [DURATION]\n"
         "       reduce-run --explain [OPTIONS] [--] COMMAND [ARG...]\n"
         "       reduce-run --kill|--forget ID\n"
         "       reduce-run --stop\n"
         "       reduce-run --doctor [--json]\n"
         "       reduce-run --shell-init bash|zsh|fish CMD...\n"
         "       reduce-run --shims DIR CMD...\n";
}

void add_question_options(CLI::App& app, QuestionOptions& options) {
  app.add_flag("--stats", options.stats, "Print what was saved; --stats=detail: by program too");
  app.add_flag("--prometheus", options.prometheus, "Print statistics as Prometheus reads them");
  app.add_flag("--reset", options.reset, "Count from 0 again, once the statistics are printed");
  app.add_flag("--events", options.events,
               "Print what happens as lines of JSON, until interrupted");
  app.add_flag("--top", options.top, "Show the runs in flight on this terminal, as they go on");
  add_value(
      app, "--trace", options.trace, "FILE",
      "Record what happens for DURATION, else until interrupted, as a trace that Perfetto and "
      "chrome://tracing open");
  add_value(app, "--timeline", options.timeline, "FILE", "The same as a picture in SVG");
  app.add_flag("--list", options.list, "Print the runs in flight");
  add_value(app, "--kill", options.kill, "ID", "End the run of this id for all its callers");
  add_value(app, "--forget", options.forget, "ID", "Let later callers not join the run of this id");
  app.add_flag("--explain", options.explain,
               "Print what counts in COMMAND, and what is in flight like it");
  app.add_flag("--json", options.json, "Print JSON");
  app.add_flag("--stop", options.stop, "Let the daemon end once its runs have ended");
  app.add_flag("--doctor", options.doctor,
               "Check what sharing depends on, a line for each; status 1 where something is bad");
  add_value(app, "--shell-init", options.shell, "SHELL",
            "Print functions for bash, zsh or fish that share each call of the CMDs' programs; of "
            "a CMD of several words ('npm run build') only calls that begin with these");
  add_value(app, "--shims", options.shims, "DIR",
            "Write scripts into DIR that do so for callers that are no shell, once DIR is first in "
            "PATH");
}

std::variant<Question, std::monostate, int> read_question(const CLI::App& app,
                                                          const QuestionOptions& options,
                                                          char** words) {
  const QuestionName* asked = nullptr;
  for (const QuestionName& name : kQuestions) {
    if (app.count(name.option) == 0) continue;
    if (asked != nullptr) {
      return bad_usage(std::string(asked->option) + " and " + name.option + " exclude one another");
    }
    asked = &name;
  }
  if (asked == nullptr) return no_question(options);
  const bool explains = asked->kind == Kind::explain;
  const bool records = is_recording(asked->kind), is_about_commands = takes_commands(asked->kind);
  const bool has_command = *words != nullptr && !records && !is_about_commands;
  if (!explains && (has_command || app.count("-c") > 0)) {
    return bad_usage(std::string(asked->option) + " takes no command");
  }
  Question question;
  question.kind = asked->kind;
  question.argument = argument_of(question.kind, options);
  if (records) {
    if (auto wrong = take_duration(question, asked->option, words)) return *wrong;
  }
  if (is_about_commands) {
    if (auto wrong = take_commands(question, asked->option, words)) return *wrong;
  }
  if (auto wrong = refine(question, options)) return *wrong;
  return question;
}

}  // namespace reduce
