#include "client/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/exit_status.hpp"
#include "base/version.hpp"
#include "client/say.hpp"

namespace reduce {
namespace {

/// CLI11's own usage line knows only [OPTIONS].
class UsageFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: reduce-run [OPTIONS] [--] COMMAND [ARG...]\n"
           "       reduce-run [OPTIONS] -c STRING [ARG...]\n"
           "       reduce-run --stats[=detail] [--json|--prometheus] [--reset]\n"
           "       reduce-run --list [--json]\n"
           "       reduce-run --events\n"
           "       reduce-run --top\n"
           "       reduce-run --trace|--timeline FILE [DURATION]\n"
           "       reduce-run --explain [OPTIONS] [--] COMMAND [ARG...]\n"
           "       reduce-run --kill|--forget ID\n"
           "       reduce-run --stop\n";
  }
};

/// What the parser fills beside the settings of the call.
struct Parsed {
  std::string shell_line, socket;
  std::string stats;
  bool list = false, stop = false, explain = false, events = false;
  bool json = false, prometheus = false, reset = false;
  bool top = false;
  std::string kill, forget, trace, timeline;
  Settings settings;
};

void add_setting(CLI::App& app, const Setting& setting, Settings& into) {
  if (*setting.type == '\0') {
    // --name=false takes back what a rule of the config file sets.
    const auto set = [&into, &setting](std::int64_t count) {
      set_from_text(into, setting, count > 0 ? "true" : "false");
    };
    app.add_flag_function(setting.option, set, setting.help);
    return;
  }
  const auto set = [&into, &setting](const std::string& text) {
    if (!set_from_text(into, setting, text)) {
      throw CLI::ValidationError(setting.option, "'" + text + "' is not a " + setting.type);
    }
  };
  auto* option = app.add_option_function<std::string>(setting.option, set, setting.help);
  option->type_name(setting.type)->trigger_on_parse();
}

void add_options(CLI::App& app, Parsed& parsed) {
  app.add_option("-c", parsed.shell_line, "Run STRING by /bin/sh -c")
      ->type_name("STRING")
      ->take_last();
  for (const Setting& setting : all_settings()) add_setting(app, setting, parsed.settings);
  app.add_option("--socket", parsed.socket, "Use the daemon of this socket")
      ->type_name("PATH")
      ->take_last();
  app.add_flag("--stats", parsed.stats, "Print what was saved; --stats=detail: by program too");
  app.add_flag("--prometheus", parsed.prometheus, "Print statistics as Prometheus reads them");
  app.add_flag("--reset", parsed.reset, "Count from 0 again, once the statistics are printed");
  app.add_flag("--events", parsed.events, "Print what happens as lines of JSON, until interrupted");
  app.add_flag("--top", parsed.top, "Show the runs in flight on this terminal, as they go on");
  app.add_option("--trace", parsed.trace,
                 "Record what happens for DURATION, else until interrupted, as a trace that "
                 "Perfetto and chrome://tracing open")
      ->type_name("FILE")
      ->take_last();
  app.add_option("--timeline", parsed.timeline, "The same as a picture in SVG")
      ->type_name("FILE")
      ->take_last();
  app.add_flag("--list", parsed.list, "Print the runs in flight");
  app.add_option("--kill", parsed.kill, "End the run of this id for all its callers")
      ->type_name("ID")
      ->take_last();
  app.add_option("--forget", parsed.forget, "Let later callers not join the run of this id")
      ->type_name("ID")
      ->take_last();
  app.add_flag("--explain", parsed.explain,
               "Print what counts in COMMAND, and what is in flight like it");
  app.add_flag("--json", parsed.json, "Print JSON");
  app.add_flag("--stop", parsed.stop, "Let the daemon end once its runs have ended");
}

int bad_usage(const std::string& what) {
  say(what + " (see reduce-run --help)");
  return kExitOwnFailure;
}

/// A command line cut in two: our options, and the command's words, which are not ours to read.
struct Split {
  std::vector<std::string> options;
  char** words;
};

/// Whether `word`, an option without `=`, takes the next word as its value.
bool takes_value(const CLI::App& app, const std::string& word) {
  const CLI::Option* option = app.get_option_no_throw(word);
  return option != nullptr && option->get_expected_min() > 0;
}

Split split(const CLI::App& app, char** argv) {
  Split parts{{}, argv + 1};
  for (char**& word = parts.words; *word != nullptr; ++word) {
    const std::string text = *word;
    if (text == "--") {
      ++word;
      break;
    }
    if (text.size() < 2 || text[0] != '-') break;
    const auto equals = text.find('=');
    if (text.starts_with("--") && equals != std::string::npos) {
      const std::string name = text.substr(0, equals);
      if (takes_value(app, name)) {
        // For CLI11, `--name=` would be an option whose value is the next word.
        parts.options.push_back(name);
        parts.options.push_back(text.substr(equals + 1));
      } else {
        parts.options.push_back(text);
      }
      continue;
    }
    parts.options.push_back(text);
    if (takes_value(app, text) && word[1] != nullptr) parts.options.emplace_back(*++word);
  }
  return parts;
}

/// `-c STRING ARG…` as the words of a call to the shell.
void set_shell_words(Call& call, const std::string& line, char** rest) {
  call.own_words = {"/bin/sh", "-c", line};
  // sh(1): the first word after the string is $0.
  if (*rest != nullptr) call.own_words.emplace_back("sh");
  for (; *rest != nullptr; ++rest) call.own_words.emplace_back(*rest);
  for (std::string& word : call.own_words) call.own_pointers.push_back(word.data());
  call.own_pointers.push_back(nullptr);
  call.words = call.own_pointers.data();
}

/// What stands for a command of its own on a command line.
struct QuestionName {
  const char* option;
  Question::Kind kind;
};
constexpr QuestionName kQuestions[] = {
    {"--stats", Question::Kind::stats},   {"--list", Question::Kind::list},
    {"--stop", Question::Kind::stop},     {"--kill", Question::Kind::kill},
    {"--forget", Question::Kind::forget}, {"--explain", Question::Kind::explain},
    {"--events", Question::Kind::events}, {"--top", Question::Kind::top},
    {"--trace", Question::Kind::trace},   {"--timeline", Question::Kind::timeline}};

bool is_recording(Question::Kind kind) {
  return kind == Question::Kind::trace || kind == Question::Kind::timeline;
}

/// What a question is about, where it is about something.
std::string argument_of(Question::Kind kind, const Parsed& parsed) {
  if (kind == Question::Kind::kill) return parsed.kill;
  if (kind == Question::Kind::forget) return parsed.forget;
  if (kind == Question::Kind::trace) return parsed.trace;
  return kind == Question::Kind::timeline ? parsed.timeline : std::string();
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

/// How the answer is to look. A status where that does not go with the question.
std::optional<int> refine(Question& question, const Parsed& parsed) {
  const bool is_stats = question.kind == Question::Kind::stats;
  const bool prints = question.kind != Question::Kind::top && !is_recording(question.kind);
  if (parsed.json && !prints) return bad_usage("--json goes with what is printed");
  if (parsed.json && parsed.prometheus)
    return bad_usage("--json and --prometheus exclude one another");
  if (!is_stats && parsed.prometheus) return bad_usage("--prometheus goes with --stats");
  if (!is_stats && parsed.reset) return bad_usage("--reset goes with --stats");
  // CLI11 gives a flag without a value the word "true".
  if (is_stats && parsed.stats != "true") {
    if (parsed.stats != "detail")
      return bad_usage("--stats: '" + parsed.stats + "' is not 'detail'");
    question.detail = true;
  }
  if (parsed.reset) question.argument = "reset";
  if (parsed.json) question.form = Question::Form::json;
  if (parsed.prometheus) question.form = Question::Form::prometheus;
  return std::nullopt;
}

/// The question asked, if one is; a status where several are, or with a command that has no place.
std::variant<Question, std::monostate, int> question_of(const CLI::App& app, const Parsed& parsed,
                                                        char** words) {
  const QuestionName* asked = nullptr;
  for (const QuestionName& name : kQuestions) {
    if (app.count(name.option) == 0) continue;
    if (asked != nullptr) {
      return bad_usage(std::string(asked->option) + " and " + name.option + " exclude one another");
    }
    asked = &name;
  }
  if (asked == nullptr) return std::monostate();
  const bool explains = asked->kind == Question::Kind::explain;
  const bool records = is_recording(asked->kind);
  if (!explains && ((*words != nullptr && !records) || app.count("-c") > 0)) {
    return bad_usage(std::string(asked->option) + " takes no command");
  }
  Question question;
  question.kind = asked->kind;
  question.argument = argument_of(asked->kind, parsed);
  if (records) {
    if (auto wrong = take_duration(question, asked->option, words)) return *wrong;
  }
  if (auto wrong = refine(question, parsed)) return *wrong;
  return question;
}

}  // namespace

std::variant<Call, Question, int> parse_options(char** argv, const Call& defaults) {
  CLI::App app(
      "Runs COMMAND once for all who ask for it at the same time: every caller gets the\n"
      "same output and the same end.");
  app.name("reduce-run");
  app.formatter(std::make_shared<UsageFormatter>());
  app.set_version_flag("--version", version_line("reduce-run"));
  Parsed parsed;
  add_options(app, parsed);
  Split parts = split(app, argv);
  const bool has_command = *parts.words != nullptr;
  try {
    std::reverse(parts.options.begin(), parts.options.end());
    app.parse(parts.options);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ExtrasError&) {
    return bad_usage("unknown option " + app.remaining().front());
  } catch (const CLI::ParseError& error) {
    return bad_usage(error.what());
  }

  Call call = defaults;
  if (app.count("--socket") > 0) call.socket = parsed.socket;
  auto asked = question_of(app, parsed, parts.words);
  if (const int* status = std::get_if<int>(&asked)) return *status;
  auto* question = std::get_if<Question>(&asked);
  if (question == nullptr && parsed.json) return bad_usage("--json goes with a question");
  if (question == nullptr && (parsed.prometheus || parsed.reset)) {
    return bad_usage("--prometheus and --reset go with --stats");
  }
  if (question != nullptr) question->socket = call.socket;
  if (question != nullptr && !parsed.explain) return std::move(*question);
  if (app.count("-c") > 0) {
    set_shell_words(call, parsed.shell_line, parts.words);
  } else if (has_command) {
    call.words = parts.words;
  } else {
    return bad_usage("missing command");
  }
  if (parsed.settings.ident && parsed.settings.ident->empty()) {
    return bad_usage("--ident needs a name that is not empty");
  }
  call.settings.overlay(parsed.settings);
  if (question == nullptr) return call;
  question->call = std::move(call);
  return std::move(*question);
}

}  // namespace reduce
