#pragma once

#include <vector>

#include "chaos/caller.hpp"
#include "chaos/plan.hpp"
#include "support/e2e/raw_client.hpp"

namespace chaos {

enum class Deed {
  call,
  plain_call,  ///< one that must work
  signal_caller,
  close_stdout,
  stop_caller,
  resume_caller,
  signal_run,
  signal_group,
  kill_run,
  forget_run,
  misbehave,
  kill_daemon,
  stop_daemon,
  replace_daemon,
  squeeze,  ///< a daemon may have few descriptors from now on
  release,  ///< as many as before
  fill_disk,
  clear_disk,
};

/// What is done next, and to whom. Which process that is depends on who is there.
struct Step {
  Deed deed{};
  unsigned choice = 0;
  int signal = 0;
  unsigned pause = 0;  ///< ms afterwards
  Plan plan;
  e2e::Misbehaviour misbehaviour{};
};
Step decide(Dice& dice);

/// What the daemon is like for a while.
struct Setting {
  const char* name;
  bool by_hand = true;
  e2e::Words options;
  unsigned descriptors = 0;     ///< 0: as many as we have
  std::vector<Excuse> excuses;  ///< of all calls
};
/// `disk`: a folder with little room.
std::vector<Setting> all_settings(const std::string& disk);

}  // namespace chaos
