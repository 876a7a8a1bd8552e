#pragma once

#include "client/call.hpp"

namespace reduce {

/// Listens to the daemon until the time is over, the user ends it (SIGINT, SIGTERM, SIGHUP) or the
/// daemon does, then writes what happened to the question's file: as a trace or as a picture.
/// SIGQUIT ends it with nothing written. Returns the status to exit with.
int record(const Question& question);

}  // namespace reduce
