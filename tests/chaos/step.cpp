#include "chaos/step.hpp"

#include <signal.h>

namespace chaos {
namespace {

struct Share {
  Deed deed;
  unsigned parts;
};
constexpr Share kShares[] = {
    {Deed::call, 90},        {Deed::plain_call, 6},     {Deed::signal_caller, 18},
    {Deed::close_stdout, 6}, {Deed::stop_caller, 8},    {Deed::resume_caller, 8},
    {Deed::signal_run, 8},   {Deed::signal_group, 5},   {Deed::kill_run, 5},
    {Deed::forget_run, 4},   {Deed::misbehave, 12},     {Deed::kill_daemon, 3},
    {Deed::stop_daemon, 3},  {Deed::replace_daemon, 4}, {Deed::squeeze, 4},
    {Deed::release, 4},      {Deed::fill_disk, 3},      {Deed::clear_disk, 5},
};

Deed choose(Dice& dice) {
  unsigned all = 0;
  for (const Share& share : kShares) all += share.parts;
  unsigned left = dice.roll(all);
  for (const Share& share : kShares) {
    if (left < share.parts) return share.deed;
    left -= share.parts;
  }
  return Deed::call;
}

/// Calls come in bursts.
unsigned pause_after(Deed deed, Dice& dice) {
  const unsigned longest = deed == Deed::call && !dice.one_in(3) ? 3 : 40;
  return dice.roll(longest);
}

}  // namespace

Step decide(Dice& dice) {
  Step step;
  step.deed = choose(dice);
  step.choice = dice.roll(1'000'000);
  const bool of_run = step.deed == Deed::signal_run || step.deed == Deed::signal_group;
  step.signal = of_run ? dice.any(std::vector{SIGKILL, SIGTERM, SIGKILL})
                       : dice.any(std::vector{SIGINT, SIGTERM, SIGHUP, SIGKILL});
  step.pause = pause_after(step.deed, dice);
  step.plan = make_plan(dice);
  const auto kinds = static_cast<unsigned>(e2e::Misbehaviour::count);
  step.misbehaviour = static_cast<e2e::Misbehaviour>(dice.roll(kinds));
  return step;
}

std::vector<Setting> all_settings(const std::string& disk) {
  using enum Excuse;
  return {
      {"started by callers", false, {}, 0, {}},
      {"started by hand", true, {}, 0, {}},
      {"little output is kept",
       true,
       {"--spool-limit=1M", "--spool-total=3M", "--stall-timeout=300ms"},
       0,
       {lost}},
      {"64 descriptors", true, {}, 64, {direct}},
      {"a small disk",
       true,
       {"--spool-dir=" + disk, "--segment-size=64K", "--stall-timeout=300ms"},
       0,
       {lost}},
      {"low bounds",
       true,
       {"--max-callers=8", "--max-runs=4", "--max-connections=40", "--request-timeout=300ms"},
       0,
       {direct}},
  };
}

}  // namespace chaos
