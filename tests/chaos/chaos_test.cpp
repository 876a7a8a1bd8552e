// All at once, for a while: scripts/chaos.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "chaos/world.hpp"
#include "support/catch.hpp"

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* given = std::getenv(variable);
  return given != nullptr && *given != '\0' ? std::strtoull(given, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE("Whatever happens to callers, runs and daemons, every call ends right") {
  const std::uint64_t seed = number_from("REDUCE_CHAOS_SEED", std::random_device()());
  const std::chrono::seconds length(number_from("REDUCE_CHAOS_SECONDS", 60));
  std::cout << "chaos: --seconds " << length.count() << " --seed " << seed << std::endl;
  const auto end = chaos::Clock::now() + length;
  auto report = chaos::Clock::now();
  chaos::World world(seed);
  for (std::uint64_t episode = 0; chaos::Clock::now() < end; ++episode) {
    world.live_through(episode);
    if (chaos::Clock::now() < report) continue;
    report = chaos::Clock::now() + std::chrono::minutes(1);
    std::cout << "chaos: " << world.summary() << std::endl;
  }
  std::cout << "chaos: " << world.summary() << std::endl;
}
