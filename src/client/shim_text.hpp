#pragma once

#include <string>

#include "client/shared_programs.hpp"

namespace reduce {

/// The text of a shim: a script for any POSIX sh that uses builtins only. It puts `reduce_run`, the
/// path of the one that wrote it, in front of the program's shared calls, else the reduce-run in
/// PATH. Where there is neither, and for every other call, it becomes the program itself, past this
/// and all other shims in PATH. A call that comes back to its shim, because the program hands it on
/// to another of its name, goes on with the next one in PATH. Exports REDUCE_SHIM and REDUCE_DEPTH,
/// and nothing else that was not.
std::string shim_text(const SharedProgram& program, const std::string& reduce_run);

/// Whether such a shim was written by this version, for this reduce-run.
bool is_current_shim(const std::string& text, const std::string& reduce_run);

}  // namespace reduce
