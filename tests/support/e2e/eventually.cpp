#include "support/e2e/eventually.hpp"

#include <poll.h>

namespace e2e {

bool eventually(const std::function<bool()>& condition, Milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  constexpr int kPauseMilliseconds = 5;
  const auto deadline = Clock::now() + patience;
  for (;;) {
    const bool last = Clock::now() >= deadline;
    if (condition()) return true;
    if (last) return false;
    ::poll(nullptr, 0, kPauseMilliseconds);
  }
}

}  // namespace e2e
