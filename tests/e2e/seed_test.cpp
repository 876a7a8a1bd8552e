// The test of the library that this began with, with the real programs.

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

#ifdef __SANITIZE_ADDRESS__
// A process with a sanitizer takes ten times the memory.
constexpr std::size_t kCallers = 200;
#else
constexpr std::size_t kCallers = 1000;
#endif
constexpr Milliseconds kLongPatience{240'000};

void run_round(const Sandbox& box, const std::string& name) {
  const Words command =
      box.puppet({"wait-for", box.path(name + ".gate"), "out", "the result of " + name + "\n"});
  std::vector<Started> callers;
  callers.reserve(kCallers);
  for (std::size_t n = 0; n < kCallers; ++n) {
    Spawn call = box.call(command);
    call.out = Target::file(box.path(name + "." + std::to_string(n)));
    call.err = Target::like_out();
    callers.emplace_back(call);
  }
  REQUIRE(eventually(
      [&] {
        const auto stats = box.stats();
        return !stats.is_null() && stats.at("callers") == kCallers;
      },
      kLongPatience));
  box.touch(name + ".gate");
  for (std::size_t n = 0; n < kCallers; ++n) {
    REQUIRE(callers[n].finish().code == 0);
    REQUIRE(box.read(name + "." + std::to_string(n)) == "the result of " + name + "\n");
  }
}

}  // namespace

TEST_CASE("A thousand callers, two rounds: exactly two executions") {
  Sandbox box;
  run_round(box, "first");
  run_round(box, "second");
  CHECK(box.executions() == 2);
  const auto stats = box.stats();
  CHECK(stats.at("total") == 2 * kCallers);
  CHECK(stats.at("executed") == 2);
  CHECK(stats.at("reduced") == 2 * kCallers - 2);
  CHECK(stats.at("callers") == 0);
  CHECK(box.daemons().size() == 1);
}
