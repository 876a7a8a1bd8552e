// Very many callers of one run, each a process of its own.

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/trouble.hpp"

namespace bench {
namespace {

std::vector<Process> start_many(const Program& program, int count) {
  std::vector<Process> started;
  started.reserve(static_cast<std::size_t>(count));
  for (int n = 0; n < count; ++n) {
    started.push_back(program.start());
    check_interrupted();
  }
  return started;
}

void wait_for_all(std::vector<Process>& processes) {
  for (Process& each : processes) each.wait_for_success("a caller");
}

/// From before the first start to when the last is reaped.
double time_crowd(const Program& program, int count) {
  const Moment begin = Clock::now();
  std::vector<Process> started = start_many(program, count);
  wait_for_all(started);
  return seconds_since(begin);
}

}  // namespace

void measure_crowd(const World& world, Results& results) {
  const int count = world.sizes().crowd;
  require_descriptors(static_cast<std::size_t>(2 * count) + 50);
  const Daemon daemon(world, "crowd");
  const Program caller = world.call(daemon, {"sleep", "1"});
  const Program alone = world.plain({"/usr/bin/sleep", "1"});
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int n = 0; n < world.sizes().repeats; ++n) {
    ours.push_back(time_crowd(caller, count));
    daemon.settle();
    theirs.push_back(time_crowd(alone, count));
  }
  Row row = bench::alone(std::to_string(count) + " callers of `sleep 1`, all done", "s", ours, 1.3);
  row.peer = std::to_string(count) + " × sleep 1";
  row.theirs = summarize(theirs);
  results.rows.push_back(row);
  const int runs = daemon.count("executed");
  if (runs != world.sizes().repeats) {
    results.notes.push_back("some of the " + std::to_string(count) +
                            " came after the run's end: " + std::to_string(runs) + " runs in " +
                            std::to_string(world.sizes().repeats) + " repeats");
  }
}

void measure_waiters(const World& world, Results& results) {
  const int count = world.sizes().waiters;
  require_descriptors(static_cast<std::size_t>(count) + 200);
  const Daemon daemon(world, "waiters");
  const Trigger trigger(world, "waiters");
  const Program caller = world.call(daemon, world.helper({"hold", trigger.path()}));
  std::vector<double> times;
  for (int n = 0; n < world.sizes().repeats; ++n) {
    std::vector<Process> callers = start_many(caller, count);
    daemon.await("callers", count);
    const Moment begin = Clock::now();
    trigger.release();
    wait_for_all(callers);
    times.push_back(seconds_since(begin));
    daemon.settle();
  }
  results.rows.push_back(
      bench::alone(std::to_string(count) + " callers waiting on one run: its end to the last one's",
                   "s", times, 0.6));
}

}  // namespace bench
