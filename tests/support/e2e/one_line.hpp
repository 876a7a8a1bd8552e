#pragma once

#include <algorithm>
#include <string>

namespace e2e {

/// One whole line, that says that it is of reduce-run's own.
inline bool is_own_line(const std::string& text) {
  return text.starts_with("reduce-run: ") && text.ends_with('\n') &&
         std::ranges::count(text, '\n') == 1;
}

}  // namespace e2e
