#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <variant>

#include "client/call.hpp"

namespace reduce {

/// What the parser fills of the options that stand for a command of reduce-run's own.
struct QuestionOptions {
  std::string stats, kill, forget, trace, timeline, shell, shims;
  bool list = false, stop = false, explain = false, events = false, top = false, doctor = false;
  bool json = false, prometheus = false, reset = false;
};

/// The usage lines of these, for the help.
std::string question_usage();

void add_question_options(CLI::App& app, QuestionOptions& options);

/// The question asked, if one is; the status to exit with where several are, where something does
/// not go with it, or nothing is asked that it would go with. `words`: what followed the options.
std::variant<Question, std::monostate, int> read_question(const CLI::App& app,
                                                          const QuestionOptions& options,
                                                          char** words);

}  // namespace reduce
