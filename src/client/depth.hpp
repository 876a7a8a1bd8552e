#pragma once

#include <string>
#include <string_view>

namespace reduce {

/// How many calls may be within one another. More are taken for one that calls itself without end:
/// a wrapper that calls reduce-run with its own name.
inline constexpr std::size_t kDeepest = 50;

/// Says it where the call of `name` would be one more. A run within runs counts by REDUCE_CHAIN;
/// what is run directly, and what shims hand on, by REDUCE_DEPTH, a dot each.
bool is_too_deep(const char* name);
/// One more, for the program that this process becomes.
void go_deeper();

/// The line that says so.
std::string too_deep(std::string_view name);

}  // namespace reduce
