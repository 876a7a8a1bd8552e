#pragma once

#include <variant>

#include "client/call.hpp"

namespace reduce {

/// Reads a command line that begins with an option, on top of `defaults`. Kept apart: the path of
/// a call without options never comes here.
std::variant<Call, Question, int> parse_options(char** argv, const Call& defaults);

}  // namespace reduce
