#include "client/options.hpp"

#include <CLI/CLI.hpp>
#include <cstring>
#include <iostream>
#include <memory>

#include "base/exit_status.hpp"
#include "base/version.hpp"
#include "client/say.hpp"

namespace reduce {
namespace {

/// Strings that a Call refers to, kept until the program ends.
const char* keep(const std::string& text) {
  return (new std::string(text))->c_str();  // NOLINT: one per option, never freed
}

/// CLI11's own usage line knows only [OPTIONS].
class UsageFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: reduce-run [OPTIONS] [--] COMMAND [ARG...]\n"
           "       reduce-run [OPTIONS] -c STRING [ARG...]\n"
           "       reduce-run --stats|--list [--json]\n"
           "       reduce-run --stop\n";
  }
};

/// What the parser fills.
struct Parsed {
  std::string shell_line, ident, scope, socket;
  bool stats = false, list = false, stop = false, json = false;
  bool no_join = false, require_daemon = false, no_start = false, verbose = false;
};

void add_options(CLI::App& app, Parsed& parsed) {
  const auto text = [&app](const char* names, std::string& into, const char* type,
                           const char* help) {
    return app.add_option(names, into, help)->type_name(type)->take_last();
  };
  const auto flag = [&app](const char* names, bool& into, const char* help) {
    return app.add_flag(names, into, help);
  };
  text("-c", parsed.shell_line, "STRING", "Run STRING by /bin/sh -c");
  text("--ident", parsed.ident, "STR",
       "Share with all calls of this name: arguments, directory and environment do not count");
  text("--scope", parsed.scope, "NAME", "Share only within this scope");
  flag("--no-join", parsed.no_join, "Neither join a run nor be joined");
  flag("--require-daemon", parsed.require_daemon, "Fail rather than run the command unshared");
  flag("--no-start", parsed.no_start, "Do not start a daemon where there is none");
  flag("-v,--verbose", parsed.verbose, "Say which run serves this call");
  text("--socket", parsed.socket, "PATH", "Use the daemon of this socket");
  flag("--stats", parsed.stats, "Print what was saved");
  flag("--list", parsed.list, "Print the runs in flight");
  flag("--json", parsed.json, "Print JSON");
  flag("--stop", parsed.stop, "Let the daemon end once its runs have ended");
}

int bad_usage(const std::string& what) {
  say(what + " (see reduce-run --help)");
  return kExitOwnFailure;
}

/// The index of the first word of the command in argv, argc where there is none; or, negative,
/// that of a word that looks like an option but is none. `rest` is how many words were left over.
char** command_words(int argc, char** argv, std::size_t rest, bool& dashes) {
  char** words = argv + argc - rest;
  dashes = false;
  if (rest > 0 && std::strcmp(words[0], "--") == 0) {
    dashes = true;
    ++words;
  } else if (words > argv + 1 && std::strcmp(words[-1], "--") == 0) {
    dashes = true;
  }
  return words;
}

/// `-c STRING ARG…` as words for the shell.
char** shell_words(const std::string& line, char** rest) {
  auto* words = new std::vector<char*>;  // NOLINT: kept until the program ends
  for (const char* word : {"/bin/sh", "-c", keep(line)}) words->push_back(const_cast<char*>(word));
  // sh(1): the first word after the string is $0.
  if (*rest != nullptr) words->push_back(const_cast<char*>("sh"));
  while (*rest != nullptr) words->push_back(*rest++);
  words->push_back(nullptr);
  return words->data();
}

std::variant<Call, Question, int> question_of(const CLI::App& app, const Parsed& parsed,
                                              const char* socket, bool has_command) {
  if (parsed.stats + parsed.list + parsed.stop > 1) {
    return bad_usage("--stats, --list and --stop exclude one another");
  }
  const char* name = parsed.stats ? "--stats" : parsed.list ? "--list" : "--stop";
  if (has_command || app.count("-c") > 0) {
    return bad_usage(std::string(name) + " takes no command");
  }
  Question question;
  question.kind = parsed.stats  ? Question::Kind::stats
                  : parsed.list ? Question::Kind::list
                                : Question::Kind::stop;
  question.json = parsed.json;
  question.socket = socket;
  return question;
}

}  // namespace

std::variant<Call, Question, int> parse_options(int argc, char** argv, const Call& defaults) {
  CLI::App app("Runs COMMAND once for all who ask for it at the same time: every caller gets the\n"
               "same output and the same end.");
  app.name("reduce-run");
  app.formatter(std::make_shared<UsageFormatter>());
  app.set_version_flag("--version", version_line("reduce-run"));
  app.prefix_command();
  Parsed parsed;
  add_options(app, parsed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return bad_usage(error.what());
  }

  bool dashes = false;
  char** words = command_words(argc, argv, app.remaining().size(), dashes);
  const bool has_command = *words != nullptr;
  if (has_command && !dashes && words[0][0] == '-' && words[0][1] != '\0') {
    return bad_usage(std::string("unknown option ") + words[0]);
  }
  Call call = defaults;
  if (app.count("--socket") > 0) call.socket = keep(parsed.socket);
  if (parsed.stats || parsed.list || parsed.stop) {
    return question_of(app, parsed, call.socket, has_command);
  }
  if (parsed.json) return bad_usage("--json goes with --stats or --list");
  if (app.count("-c") > 0) {
    call.words = shell_words(parsed.shell_line, words);
  } else if (has_command) {
    call.words = words;
  } else {
    return bad_usage("missing command");
  }
  if (app.count("--ident") > 0) {
    if (parsed.ident.empty()) return bad_usage("--ident needs a name that is not empty");
    call.options.has_ident = true;
    call.options.ident = keep(parsed.ident);
  }
  if (app.count("--scope") > 0) call.options.scope = keep(parsed.scope);
  call.options.no_join = parsed.no_join;
  call.options.announce = parsed.verbose;
  call.verbose = parsed.verbose;
  call.require_daemon = parsed.require_daemon;
  call.no_start = parsed.no_start;
  return call;
}

}  // namespace reduce
