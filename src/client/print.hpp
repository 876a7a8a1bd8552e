#pragma once

#include <string_view>

namespace reduce {

/// Writes all of it to stdout. Returns the status to exit with; what went wrong has been said.
int print(std::string_view text);

}  // namespace reduce
