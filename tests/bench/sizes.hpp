#pragma once

#include <cstdint>
#include <vector>

namespace bench {

/// How much of everything is measured.
struct Sizes {
  int calls;                       ///< rounds of one call of each program
  int pairs;                       ///< of throughput
  int repeats;                     ///< of what takes seconds and has no peer
  int lines;                       ///< of latency, for each number of callers
  std::uint64_t one_output;        ///< bytes to one caller
  std::uint64_t shared_output;     ///< bytes to each of a hundred
  std::uint64_t long_output;       ///< bytes while the daemon's memory is watched
  int callers;                     ///< "a hundred"
  int crowd;                       ///< "a thousand"
  int waiters;                     ///< "five thousand"
  int identities;                  ///< requests made and read
  int ballast;                     ///< megabytes of a large daemon
  std::vector<int> caller_counts;  ///< of the curves
  std::vector<int> run_counts;
  int idle_waiters;  ///< none: not measured
};

Sizes full_sizes();
Sizes quick_sizes();
Sizes smoke_sizes();

}  // namespace bench
