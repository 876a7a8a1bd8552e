#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace chaos {

/// Decisions that a seed and a step's number determine, whatever was decided before.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t step) {
    std::seed_seq both{seed, seed >> 32, step, step >> 32};
    source_.seed(both);
  }

  /// 0 to `sides` - 1.
  unsigned roll(unsigned sides) { return static_cast<unsigned>(source_() % sides); }
  bool one_in(unsigned chances) { return roll(chances) == 0; }
  template <class T>
  const T& any(const std::vector<T>& of) {
    return of[roll(static_cast<unsigned>(of.size()))];
  }

 private:
  std::mt19937_64 source_;
};

}  // namespace chaos
