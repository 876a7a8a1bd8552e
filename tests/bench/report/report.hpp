#pragma once

#include <string>

#include "results.hpp"

namespace bench {

/// How the results came about.
struct Circumstances {
  std::string mode;      ///< "full", "quick", "smoke"
  bool verdict = false;  ///< whether sizes are those that the goals are about
  std::string machine;
  std::string load;    ///< before the first sample
  double seconds = 0;  ///< that it all took
};
/// Of this machine, now.
Circumstances look_around(const std::string& mode);

void print(const Results& results, const Circumstances& circumstances);
std::string to_json(const Results& results, const Circumstances& circumstances);
/// The rows as bars, each with a mark where its goal is.
std::string to_svg(const Results& results, const Circumstances& circumstances);

/// "holds", "short by 12 %".
std::string verdict_on(const Row& row);

}  // namespace bench
