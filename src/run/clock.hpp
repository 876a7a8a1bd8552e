#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/duration.hpp"

namespace reduce {

using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// A call that is due once. Destroying it calls it off.
class Timer {
 public:
  virtual ~Timer() = default;
};

/// The one seam for time: the daemon's event loop behind it, or a clock that a test sets.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  /// The time of day, for what people read: seconds since 1970.
  virtual double time_of_day() const = 0;
  /// Calls `call` from the event loop once, `delay` from now.
  virtual std::unique_ptr<Timer> after(Duration delay, std::function<void()> call) = 0;
};

}  // namespace reduce
