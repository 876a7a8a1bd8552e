#pragma once

#include <cstdint>
#include <string>

namespace reduce {

/// Where to label an axis of time that begins at 0: at most ten round steps, in a unit of their
/// size.
class TimeAxis {
 public:
  /// In µs, more than 0.
  explicit TimeAxis(std::int64_t span);

  std::int64_t step() const { return step_; }
  /// `0`, `250ms`, `1.5s`, `1m30s`, `2h00m`, `3d`.
  std::string label(std::int64_t at) const;

 private:
  std::int64_t step_ = 1;
};

}  // namespace reduce
