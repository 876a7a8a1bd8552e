#pragma once

#include <string>
#include <vector>

#include "measure/process.hpp"

namespace bench {

/// One of several programs that are started in turns.
struct Contestant {
  std::string name;
  Program program;
  std::vector<double> times = {};  ///< seconds, from start to reaped
  double cpu = 0;                  ///< seconds of all its samples
};

/// So many rounds, in each of which everyone has one turn, in another order each time.
void take_turns(std::vector<Contestant>& contestants, int rounds);

/// Uncounted ones first, so that everything is in the page cache and every buffer is made.
void warm_up(std::vector<Contestant>& contestants);

}  // namespace bench
