#pragma once

#include <chrono>
#include <functional>

namespace e2e {

using Milliseconds = std::chrono::milliseconds;

/// How long to wait for what should happen soon: generous, for slow machines and sanitizers.
inline constexpr Milliseconds kPatience{60'000};

/// Asks until the condition holds; false where it still does not after `patience`.
bool eventually(const std::function<bool()>& condition, Milliseconds patience = kPatience);

}  // namespace e2e
