#pragma once

#include <cstddef>
#include <vector>

namespace bench {

/// What many samples say: the middle, and how far a half of them is around it.
struct Summary {
  double median = 0;
  double low = 0;   ///< the lower quartile
  double high = 0;  ///< the upper quartile
  std::size_t samples = 0;
};

Summary summarize(std::vector<double> samples);

/// Of ours[n] / theirs[n]: both of one pair were measured one after the other.
Summary summarize_ratios(const std::vector<double>& ours, const std::vector<double>& theirs);

/// As measured in another unit.
Summary scaled(Summary summary, double factor);

}  // namespace bench
