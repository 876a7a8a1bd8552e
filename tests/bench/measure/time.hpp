#pragma once

#include <chrono>

namespace bench {

/// CLOCK_MONOTONIC, the same in all processes.
using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

inline double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

inline double seconds_since(Moment begin) {
  return seconds(Clock::now() - begin);
}

}  // namespace bench
