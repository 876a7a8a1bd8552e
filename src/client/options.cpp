#include "client/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/version.hpp"
#include "client/bad_usage.hpp"
#include "client/question_options.hpp"

namespace reduce {
namespace {

/// CLI11's own usage line knows only [OPTIONS].
class UsageFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: reduce-run [OPTIONS] [--] COMMAND [ARG...]\n"
           "       reduce-run [OPTIONS] -c STRING [ARG...]\n" +
           question_usage();
  }
};

/// What the parser fills beside the settings of the call.
struct Parsed {
  std::string shell_line, socket;
  QuestionOptions questions;
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
  add_question_options(app, parsed.questions);
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
  auto asked = read_question(app, parsed.questions, parts.words);
  if (const int* status = std::get_if<int>(&asked)) return *status;
  auto* question = std::get_if<Question>(&asked);
  if (question != nullptr) question->socket = call.socket;
  if (question != nullptr && !parsed.questions.explain) return std::move(*question);
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
