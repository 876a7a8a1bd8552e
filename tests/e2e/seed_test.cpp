// The test of the library that this began with, with the real programs.

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

const std::size_t kCallers = is_sanitized() ? 200 : 1000;
constexpr Milliseconds kLongPatience{200'000};

void run_round(const Sandbox& box, std::size_t round) {
  const std::string name = "round" + std::to_string(round);
  const std::string result = "the result of " + name + "\n";
  const Words command = box.puppet({"wait-for", box.path(name + ".gate"), "out", result});
  std::vector<Started> callers;
  callers.reserve(kCallers);
  const auto start = [&](std::size_t count) {
    while (callers.size() < count) {
      Spawn call = box.call(command);
      call.out = Target::file(box.path(name + "." + std::to_string(callers.size())));
      call.err = Target::like_out();
      callers.emplace_back(call);
    }
  };
  // Where sharing is broken, a few processes show it as well as a thousand.
  start(5);
  box.await_callers(5);
  REQUIRE(box.stats().at("executed") == round);
  start(kCallers);
  box.await_callers(kCallers, kLongPatience);
  box.touch(name + ".gate");
  for (std::size_t n = 0; n < kCallers; ++n) {
    REQUIRE(callers[n].finish() == exited(0));
    REQUIRE(box.read(name + "." + std::to_string(n)) == result);
  }
}

}  // namespace

TEST_CASE("A thousand callers, two rounds: exactly two executions") {
  Sandbox box;
  run_round(box, 1);
  run_round(box, 2);
  CHECK(box.executions() == 2);
  const auto stats = box.stats();
  CHECK(stats.at("total") == 2 * kCallers);
  CHECK(stats.at("executed") == 2);
  CHECK(stats.at("reduced") == 2 * kCallers - 2);
  CHECK(stats.at("callers") == 0);
  CHECK(box.daemons().size() == 1);
}
