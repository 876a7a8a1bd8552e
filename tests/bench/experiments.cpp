#include "experiments.hpp"

namespace bench {

const std::vector<Experiment>& all_experiments() {
  static const std::vector<Experiment> all{
      {"calls", "reduce-run true against flock, env and true", measure_short_calls},
      {"large-daemon", "reduce-run true with a large daemon", measure_large_daemon},
      {"one-caller", "much output to one caller against tee", measure_one_caller},
      {"shared-output", "a hundred callers through pipes against independent runs",
       measure_shared_output},
      {"memory", "the daemon's memory growth", measure_memory},
      {"latency", "a line's latency against tee", measure_latency},
      {"crowd", "a thousand callers of a second's command", measure_crowd},
      {"waiters", "five thousand callers waiting on one run", measure_waiters},
      {"identity", "building, sending and comparing the identity", measure_identity},
      {"syscalls", "system calls per call", count_syscalls},
      {"growth-callers", "cost per caller of one run", measure_callers_growth},
      {"growth-runs", "cost per run in flight", measure_runs_growth},
      {"idle-waiters", "memory per idle waiter", measure_idle_waiters},
  };
  return all;
}

}  // namespace bench
