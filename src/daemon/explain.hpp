#pragma once

#include <string>

#include "run/reducer.hpp"

namespace reduce {

/// What `--explain --json` prints of a command of this identity: its parts, and for each run in
/// flight of the same program the parts that differ. Values of the environment and stdin are never
/// in it; `key` makes the digests that stand for them useless elsewhere.
std::string explain_json(const Reducer& reducer, const CommandView& command,
                         const Identity& identity, const std::string& key);

/// One line on what keeps the command apart from a run in flight with the same arguments; empty
/// where there is no such run, or nothing does.
std::string note_on_near_miss(const Reducer& reducer, const CommandView& command,
                              const Identity& identity);

}  // namespace reduce
