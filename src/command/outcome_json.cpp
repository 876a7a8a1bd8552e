#include "command/outcome_json.hpp"

#include <cerrno>
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/exit_status.hpp"

namespace reduce {

void put_outcome(nlohmann::ordered_json& json, const Outcome& outcome) {
  if (const auto* exited = std::get_if<Exited>(&outcome)) {
    json["end"] = "exit";
    json["code"] = exited->code;
  } else if (const auto* signaled = std::get_if<Signaled>(&outcome)) {
    json["end"] = "signal";
    json["signal"] = signaled->signal;
  } else if (const auto* late = std::get_if<TimedOut>(&outcome)) {
    json["end"] = "timeout";
    json["code"] = late->killed ? kExitSignalBase + SIGKILL : kExitTimeout;
  } else if (const auto* missed = std::get_if<NotExecuted>(&outcome)) {
    json["end"] = "error";
    json["code"] = missed->error == ENOENT ? kExitNotFound : kExitCannotExecute;
  } else {
    json["end"] = "error";
    json["code"] = kExitOwnFailure;
  }
}

}  // namespace reduce
