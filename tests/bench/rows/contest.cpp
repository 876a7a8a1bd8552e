#include "rows/contest.hpp"

#include <algorithm>
#include <random>

#include "measure/trouble.hpp"

namespace bench {
namespace {

constexpr int kWarmUp = 10;
/// What a daemon still does after the end of a call must not be the next one's burden.
constexpr double kRest = 0.0003;

}  // namespace

void take_turns(std::vector<Contestant>& contestants, int rounds) {
  std::mt19937 random(1);
  std::vector<Contestant*> order;
  for (Contestant& each : contestants) order.push_back(&each);
  for (int round = 0; round < rounds; ++round) {
    std::ranges::shuffle(order, random);
    for (Contestant* each : order) {
      each->times.push_back(each->program.time(each->cpu));
      pause(kRest);
    }
  }
}

void warm_up(std::vector<Contestant>& contestants) {
  take_turns(contestants, kWarmUp);
  for (Contestant& each : contestants) {
    each.times.clear();
    each.cpu = 0;
  }
}

}  // namespace bench
