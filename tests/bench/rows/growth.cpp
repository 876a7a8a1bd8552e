// What one more costs as they become more: callers of one run, and different runs in flight.

#include <algorithm>

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/trouble.hpp"

namespace bench {
namespace {

/// Few are measured again and again, until it is about as many.
constexpr int kEnough = 200;

struct Costs {
  double time = 0;
  double client = 0;
  double daemon = 0;
  double command = 0;
};

/// `count` callers that wait all at once, of one run or each of its own. The time is that of
/// starting them and from their release to the last one's end.
class Growth {
 public:
  Growth(const World& world, bool one_run)
      : world_(world), daemon_(world, "growth"), trigger_(world, "growth"), one_run_(one_run) {}

  Costs measure(int count) {
    Costs sum;
    const int repeats = std::max(1, std::min(world_.sizes().calls, kEnough) / count);
    const double total = static_cast<double>(repeats) * count;
    for (int n = 0; n < repeats; ++n) add_one(count, sum);
    return {sum.time / total, sum.client / total, sum.daemon / total, sum.command / total};
  }

 private:
  Program program(int n) const {
    Words words{"hold", trigger_.path()};
    if (!one_run_) words.push_back(std::to_string(n));
    return world_.call(daemon_, world_.helper(words));
  }

  void add_one(int count, Costs& sum) {
    std::vector<Program> programs;
    for (int n = 0; n < (one_run_ ? 1 : count); ++n) programs.push_back(program(n));
    daemon_.settle();
    const double daemon_before = daemon_.cpu();
    const double commands_before = daemon_.commands_cpu();
    std::vector<Process> callers;
    const Moment begin = Clock::now();
    for (int n = 0; n < count; ++n) {
      callers.push_back(programs[one_run_ ? 0 : static_cast<std::size_t>(n)].start());
    }
    const double started = seconds_since(begin);
    const double asking = daemon_.await("callers", count);
    const Moment released = Clock::now();
    trigger_.release(one_run_ ? 1 : count);
    for (Process& each : callers) sum.client += each.wait_for_success("a caller").cpu;
    sum.time += started + seconds_since(released);
    daemon_.settle();
    sum.daemon += daemon_.cpu() - daemon_before - asking;
    sum.command += daemon_.commands_cpu() - commands_before;
  }

  const World& world_;
  const Daemon daemon_;
  const Trigger trigger_;
  const bool one_run_;
};

}  // namespace

void measure_callers_growth(const World& world, Results& results) {
  Growth growth(world, true);
  Curve curve{"cost per caller of one run", {"wall us", "reduce-run us", "daemon us"}, {}};
  for (const int count : world.sizes().caller_counts) {
    require_descriptors(static_cast<std::size_t>(2 * count) + 200);
    const Costs costs = growth.measure(count);
    curve.points.push_back({count, {costs.time * 1e6, costs.client * 1e6, costs.daemon * 1e6}});
  }
  results.curves.push_back(curve);
}

void measure_runs_growth(const World& world, Results& results) {
  Growth growth(world, false);
  Curve curve{"cost per run, different ones in flight",
              {"wall us", "reduce-run us", "daemon us", "command us"},
              {}};
  for (const int count : world.sizes().run_counts) {
    require_descriptors(static_cast<std::size_t>(8 * count) + 200);
    const Costs costs = growth.measure(count);
    curve.points.push_back(
        {count, {costs.time * 1e6, costs.client * 1e6, costs.daemon * 1e6, costs.command * 1e6}});
  }
  results.curves.push_back(curve);
}

}  // namespace bench
