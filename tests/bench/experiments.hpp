#pragma once

#include <vector>

#include "results.hpp"
#include "world.hpp"

namespace bench {

/// One set-up and all rows that come out of it.
struct Experiment {
  const char* name;
  const char* what;  ///< what its rows are about
  void (*measure)(const World& world, Results& results);
};
const std::vector<Experiment>& all_experiments();

void measure_short_calls(const World& world, Results& results);
void measure_large_daemon(const World& world, Results& results);
void measure_one_caller(const World& world, Results& results);
void measure_shared_output(const World& world, Results& results);
void measure_memory(const World& world, Results& results);
void measure_latency(const World& world, Results& results);
void measure_crowd(const World& world, Results& results);
void measure_waiters(const World& world, Results& results);
void measure_identity(const World& world, Results& results);
void count_syscalls(const World& world, Results& results);
void measure_callers_growth(const World& world, Results& results);
void measure_runs_growth(const World& world, Results& results);
void measure_idle_waiters(const World& world, Results& results);

}  // namespace bench
