#include "chaos/plan.hpp"

#include <unistd.h>

#include <algorithm>

#include "support/e2e/process_table.hpp"

namespace chaos {
namespace {

using e2e::Words;

const std::vector<Work>& all_work() {
  static const std::vector<Work> all = {
      {0, 0, 1, 0, 0, Finale::exits},
      {100, 50, 1, 20, 0, Finale::exits},
      {5'000, 200, 4, 50, 0, Finale::exits},
      {200'000, 1'000, 10, 30, 0, Finale::exits},
      {3'200'000, 80, 8, 20, 0, Finale::exits},
      {100'000, 100'000, 20, 20, 0, Finale::signals},
      {20'000, 200'000, 4, 20, 0, Finale::signals},
      {1'000, 0, 2, 60, 0, Finale::leaves},
      {50'000, 50, 5, 60, 0, Finale::stubborn},
      {3'000, 30, 3, 300, 0, Finale::exits},
      {100, 0, 1, 30, 70'000, Finale::exits},
  };
  return all;
}

const std::vector<Words>& all_options() {
  static const std::vector<Words> all = {
      {"--fresh"},
      {"--fresh", "--ttl=300ms"},
      {"--ttl=300ms"},
      {"--max-age=50ms"},
      {"--no-join"},
      {"--timeout=100ms", "--kill-after=100ms"},
      {"--timeout=300ms", "--kill-after=50ms"},
      {"--wait-timeout=30ms"},
      {"--wait-timeout=100ms", "--on-wait-timeout=run"},
      {"--retries=2"},
      {"--retries=1", "--retry-delay=50ms"},
      {"--linger=200ms"},
      {"--keep"},
      {"--kill-after=100ms"},
  };
  return all;
}

}  // namespace

bool Plan::has(const std::string& option) const {
  return std::ranges::any_of(options,
                             [&](const std::string& word) { return word.starts_with(option); });
}

std::size_t Plan::most_executions() const {
  std::size_t most = has("--on-wait-timeout=run") ? 2 : 1;
  for (const std::string& word : options) {
    if (word.starts_with("--retries=")) most += std::stoul(word.substr(10));
  }
  return most;
}

Plan make_plan(Dice& dice) {
  Plan plan;
  plan.work = dice.any(all_work());
  const Words& options = dice.any(all_options());
  // Plain calls take a way of their own through the client.
  const unsigned form = dice.roll(4);
  if (form == 0) plan.options = {"--"};
  if (form > 1) plan.options = options;
  plan.has_large_environment = dice.one_in(25);
  const unsigned pace = dice.roll(12);
  if (pace < 2) plan.pace = Pace::slow;
  if (pace == 2) plan.pace = Pace::not_at_all;
  return plan;
}

/// Beside this program, which may have been carried elsewhere, or where it was built.
std::string child_program() {
  const std::string own = e2e::read_link("/proc/self/exe");
  const std::string beside = own.substr(0, own.rfind('/')) + "/chaos_child";
  return ::access(beside.c_str(), X_OK) == 0 ? beside : CHAOS_CHILD;
}

Words words_of(const Work& work, const std::string& runs) {
  return {child_program(),
          runs,
          std::to_string(work.out),
          std::to_string(work.err),
          std::to_string(work.pieces),
          std::to_string(work.pause),
          std::to_string(work.input),
          std::to_string(static_cast<int>(work.finale))};
}

}  // namespace chaos
