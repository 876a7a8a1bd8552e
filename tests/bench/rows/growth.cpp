// What one more costs as they become more: callers of one run, and different runs in flight.

#include <algorithm>

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/summary.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"

namespace bench {
namespace {

/// Few are measured again and again, until it is about as many; many at least so often.
constexpr int kEnough = 200;
constexpr int kLeast = 3;

/// For each caller.
struct Costs {
  std::vector<double> time;
  std::vector<double> client;
  std::vector<double> daemon;
  std::vector<double> command;
};

double microseconds(const std::vector<double>& samples) {
  return summarize(samples).median * 1e6;
}

/// How the CPU for each changes from a few to as many as there were.
std::string growth_of(const Curve& curve, std::size_t first_column) {
  const auto cpu = [&](const Curve::Point& point) {
    double sum = 0;
    for (std::size_t n = first_column; n < point.values.size(); ++n) sum += point.values[n];
    return sum;
  };
  const auto& few = curve.points[std::min<std::size_t>(1, curve.points.size() - 1)];
  const auto& many = curve.points.back();
  return curve.what + ": CPU of each at " + std::to_string(many.count) + " is " +
         in_digits(cpu(many) / cpu(few)) + " of that at " + std::to_string(few.count);
}

/// `count` callers that wait all at once, of one run or each of its own. The time is that of
/// starting them and from their release to the last one's end.
class Growth {
 public:
  Growth(const World& world, bool one_run)
      : world_(world), daemon_(world, "growth"), trigger_(world, "growth"), one_run_(one_run) {}

  Costs measure(int count) {
    Costs costs;
    const int enough = std::min(world_.sizes().calls, kEnough) / count;
    const int repeats = std::max(std::min(world_.sizes().repeats, kLeast), enough);
    for (int n = 0; n < repeats; ++n) add_one(count, costs);
    return costs;
  }

 private:
  Program program(int n) const {
    Words words{"hold", trigger_.path()};
    if (!one_run_) words.push_back(std::to_string(n));
    return world_.call(daemon_, world_.helper(words));
  }

  void add_one(int count, Costs& costs) {
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
    double client = 0;
    for (Process& each : callers) client += each.wait_for_success("a caller").cpu;
    costs.client.push_back(client / count);
    costs.time.push_back((started + seconds_since(released)) / count);
    daemon_.settle();
    costs.daemon.push_back((daemon_.cpu() - daemon_before - asking) / count);
    costs.command.push_back((daemon_.commands_cpu() - commands_before) / count);
  }

  const World& world_;
  const Daemon daemon_;
  const Trigger trigger_;
  const bool one_run_;
};

}  // namespace

void measure_callers_growth(const World& world, Results& results) {
  Growth growth(world, true);
  Curve curve{
      "cost per caller of one run (medians; wall: to start them, and from their release "
      "to the last one's end)",
      {"wall us", "reduce-run us", "daemon us"},
      {}};
  for (const int count : world.sizes().caller_counts) {
    require_descriptors(static_cast<std::size_t>(2 * count) + 200);
    const Costs costs = growth.measure(count);
    curve.points.push_back(
        {count,
         {microseconds(costs.time), microseconds(costs.client), microseconds(costs.daemon)}});
  }
  results.curves.push_back(curve);
  results.notes.push_back(growth_of(curve, 1));
}

void measure_runs_growth(const World& world, Results& results) {
  Growth growth(world, false);
  Curve curve{"cost per run, different ones in flight",
              {"wall us", "reduce-run us", "daemon us", "command us"},
              {}};
  for (const int count : world.sizes().run_counts) {
    require_descriptors(static_cast<std::size_t>(8 * count) + 200);
    const Costs costs = growth.measure(count);
    curve.points.push_back({count,
                            {microseconds(costs.time), microseconds(costs.client),
                             microseconds(costs.daemon), microseconds(costs.command)}});
  }
  results.curves.push_back(curve);
  results.notes.push_back(growth_of(curve, 1));
}

}  // namespace bench
