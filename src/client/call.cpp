#include "client/call.hpp"

#include <cstdlib>
#include <string_view>

#include "base/exit_status.hpp"
#include "client/config.hpp"
#include "client/depth.hpp"
#include "client/early_request.hpp"
#include "client/options.hpp"
#include "client/say.hpp"

namespace reduce {
namespace {

/// Of a variable that is there twice the first counts, as for the early request and the daemon.
void read_environment(Call& call) {
  if (const char* socket = std::getenv("REDUCE_SOCKET")) call.socket = socket;
  if (const char* scope = std::getenv("REDUCE_SCOPE")) call.settings.scope = scope;
  const char* off = std::getenv("REDUCE_OFF");
  call.off = off != nullptr && *off != '\0' && std::string_view(off) != "0";
}

std::variant<Call, Question, int> read_words(int argc, char** argv) {
  Call call;
  read_environment(call);
  if (argc < 2) {
    say("missing command (see reduce-run --help)");
    return kExitOwnFailure;
  }
  if (argv[1][0] != '-') {
    call.words = argv + 1;
    return call;
  }
  return parse_options(argv, call);
}

}  // namespace

std::variant<Call, Question, int> read_command_line(int argc, char** argv) {
  auto asked = read_words(argc, argv);
  auto* call = std::get_if<Call>(&asked);
  if (auto* question = std::get_if<Question>(&asked)) {
    if (question->kind == Question::Kind::explain) call = &question->call;
  }
  if (call != nullptr && is_too_deep(call->words[0])) return kExitOwnFailure;
  // An early request has been sent as it is: there was no config file then.
  if (call == nullptr || call->off || early_request.socket >= 0) return asked;
  if (const auto applied = apply_config(call->words, call->settings); !applied) {
    const bool runs_directly = applied.error().is_shortage() &&
                               !std::holds_alternative<Question>(asked) &&
                               !call->settings.require_daemon.value_or(false);
    say(applied.error().text + (runs_directly ? "; running the command directly" : ""));
    if (!runs_directly) return kExitOwnFailure;
    call->off = true;
  }
  return asked;
}

}  // namespace reduce
