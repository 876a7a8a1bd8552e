#include <cstdlib>
#include <random>

#include "model.hpp"
#include "support/catch.hpp"

using namespace reduce::test;

namespace {

constexpr int kWorlds = 26;
constexpr int kSteps = 8000;
constexpr std::uint64_t kSegments[] = {40, 600, 10'000, 1 << 20};

/// REDUCE_TEST_SEED, to see a failure again; else another one each time.
std::uint32_t choose_seed() {
  const char* given = std::getenv("REDUCE_TEST_SEED");
  if (given != nullptr) return static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
  return std::random_device()();
}

}  // namespace

TEST_CASE("whatever happens in whatever order each caller gets its run and all of it") {
  const std::uint32_t seed = choose_seed();
  const int before = count_open_descriptors();
  for (int number = 0; number < kWorlds; ++number) {
    INFO("REDUCE_TEST_SEED=" << seed << ", world " << number);
    const std::uint64_t segment = kSegments[number % 4];
    World world(seed + static_cast<std::uint32_t>(number), segment, 2 * segment);
    bool sound = true;
    int step = 0;
    while (sound && step < kSteps) {
      sound = world.step();
      ++step;
    }
    if (sound) sound = world.finish();
    INFO("step " << step << ", the last steps, with their runs:\n" << world.last_steps());
    INFO(world.fault());
    REQUIRE(sound);
  }
  INFO("REDUCE_TEST_SEED=" << seed);
  CHECK(count_open_descriptors() == before);
}
