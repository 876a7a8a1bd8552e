#pragma once

#include <string_view>

namespace reduce {

/// One line on stderr, `reduce-run: ` before it, in one write: many callers may share a terminal.
void say(std::string_view text);

}  // namespace reduce
