#pragma once

#include <optional>
#include <string>

#include "base/exit_status.hpp"
#include "wire/message.hpp"

namespace reduce {

/// What `--report FILE` says of a call.
struct Report {
  std::optional<Attached> attached;  ///< nothing: the command was run without a daemon
  Outcome outcome;
  Duration duration{};
  int broken_status = kExitOwnFailure;  ///< what the call exits with where the outcome is Broken
};

/// Writes the report as JSON, whole or not at all: beside `path` first, then renamed. What goes
/// wrong is said on stderr; the call ends as its command ended all the same.
void write_report(const std::string& path, const Report& report);

}  // namespace reduce
