#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/shared_programs.hpp"
#include "client/shell_names.hpp"

namespace reduce {

/// The text of functions for `shell`, one for each program, that put reduce-run in front of its
/// shared calls. Every other call, and each once reduce-run is there no more, goes to the program
/// itself. An error where a function of such a name would do harm.
Result<std::string> shell_functions(Shell shell, const std::vector<SharedProgram>& programs);

/// `reduce-run --shell-init SHELL CMD...`: prints these functions. Returns the status to exit with.
int print_shell_functions(const std::string& shell, const std::vector<std::string>& commands);

}  // namespace reduce
