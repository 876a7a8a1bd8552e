#include "measure/summary.hpp"

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

/// Between the two neighbours of a place that is none.
double at(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace

Summary summarize(std::vector<double> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  return {at(samples, 0.5), at(samples, 0.25), at(samples, 0.75), samples.size()};
}

Summary summarize_ratios(const std::vector<double>& ours, const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (std::size_t n = 0; n < ours.size(); ++n) ratios.push_back(ours[n] / theirs[n]);
  return summarize(std::move(ratios));
}

Summary scaled(Summary summary, double factor) {
  summary.median *= factor;
  summary.low *= factor;
  summary.high *= factor;
  return summary;
}

}  // namespace bench
