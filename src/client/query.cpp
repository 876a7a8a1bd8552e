#include "client/query.hpp"

#include <fcntl.h>

#include <nlohmann/json.hpp>

#include "base/exit_status.hpp"
#include "base/standard_descriptors.hpp"
#include "client/asked.hpp"
#include "client/doctor.hpp"
#include "client/print.hpp"
#include "client/prometheus.hpp"
#include "client/recording.hpp"
#include "client/say.hpp"
#include "client/shell_init.hpp"
#include "client/shims.hpp"
#include "client/tables.hpp"
#include "client/top.hpp"

namespace reduce {
namespace {

std::string text_of(const Question& question, const std::string& answer) {
  using Kind = Question::Kind;
  auto json = nlohmann::ordered_json::parse(answer, nullptr, false);
  const bool as_it_is = question.form == Question::Form::json || json.is_discarded();
  switch (question.kind) {
    case Kind::stats:
      if (json.is_object() && !question.detail) json.erase("programs");
      if (question.form == Question::Form::prometheus) return prometheus_text(json);
      return as_it_is ? json.dump() + "\n" : stats_table(json);
    case Kind::list:
      return as_it_is ? answer + "\n" : list_table(json);
    case Kind::explain:
      return as_it_is ? answer + "\n" : explanation(json);
    case Kind::stop:
    case Kind::kill:
    case Kind::forget:
    case Kind::events:
    case Kind::top:
    case Kind::trace:
    case Kind::timeline:
    case Kind::doctor:
    case Kind::shell_init:
    case Kind::shims:
      break;
  }
  return {};
}

int fail(const Error& error) {
  say(error.text);
  return kExitOwnFailure;
}

/// Prints what happens until the daemon ends. Its last message is an empty one.
int print_events(Asked& asked) {
  std::string lines;
  bool is_all = false;
  for (;;) {
    const auto heard = asked.hear(lines);
    if (!heard) return fail(heard.error());
    if (*heard == Asked::Hearing::end && is_all) return 0;
    if (*heard == Asked::Hearing::end) return fail(make_error("the daemon ended; events are lost"));
    is_all = lines.empty();
    if (const int status = print(lines); status != 0) return status;
  }
}

int print_answer(const Question& question) {
  auto asked = Asked::put(question);
  if (!asked) return fail(asked.error());
  if (question.kind == Question::Kind::events) return print_events(*asked);
  std::string answer;
  const auto heard = asked->hear(answer);
  if (!heard) return fail(heard.error());
  if (*heard == Asked::Hearing::end) return fail(make_error("the daemon ended without an answer"));
  return print(text_of(question, answer));
}

}  // namespace

int ask(const Question& question) {
  static_cast<void>(fill_standard_descriptors(O_PATH | O_CLOEXEC));
  switch (question.kind) {
    case Question::Kind::top:
      return show_top(question);
    case Question::Kind::trace:
    case Question::Kind::timeline:
      return record(question);
    case Question::Kind::doctor:
      return examine(question);
    case Question::Kind::shell_init:
      return print_shell_functions(question.argument, question.commands);
    case Question::Kind::shims:
      return write_shims(question.argument, question.commands);
    default:
      return print_answer(question);
  }
}

}  // namespace reduce
