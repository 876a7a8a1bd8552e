#pragma once

#include <deque>
#include <list>
#include <memory>
#include <string>

#include "chaos/daemons.hpp"
#include "chaos/ledger.hpp"
#include "support/e2e/small_disk.hpp"

namespace chaos {

/// Callers, runs and daemons of one user, and what a seed has happen to them. A test case fails
/// where something happens that must not.
class World {
 public:
  explicit World(std::uint64_t seed);

  /// Some steps under one setting, then all must come to rest.
  void live_through(std::uint64_t episode);
  std::string summary() const;

 private:
  struct Question {
    e2e::Started process;
    Deed deed;  ///< to be done to one of the runs that it lists
    unsigned choice;
    Clock::time_point deadline;
    bool kills = false;  ///< a run may be killed at any time until it is answered
  };

  void begin(const Setting& setting);
  void take(const Step& step);
  void disturb(const Step& step);
  void call(const Plan& plan);
  void call_plainly();
  void add(Plan plan, e2e::Spawn spawn, std::optional<std::string> says, const std::string& words);
  Caller* any_caller(unsigned choice);
  void leave(const Step& step);
  void signal_run(const Step& step);
  void ask(Deed deed, unsigned choice);
  void go_on(Question& question);
  void kill_daemon(unsigned choice);
  void squeeze(unsigned choice);
  void excuse_all(Excuse excuse);
  void excuse_for_shortage(Caller& caller);
  void hold_all();

  /// Reads, and looks at who has ended, for so long.
  void pass_time(std::chrono::milliseconds time);
  void look();
  void look_at_questions();
  void check(Caller& caller);
  void check_deadline(Caller& caller);

  void settle();
  void await_all_ends();
  void check_processes();
  void check_folder();
  void reap_orphans();
  void end_daemons(unsigned choice);

  void log(const std::string& what);
  void log(Caller& caller, const std::string& what);
  [[noreturn]] void fail(const std::string& what, const Caller* caller = nullptr);

  const std::uint64_t seed_;
  const Clock::time_point begin_ = Clock::now();
  e2e::Sandbox box_;
  const e2e::SmallDisk disk_;
  bool disk_is_full_ = false;
  const std::vector<Setting> settings_;
  Setting setting_;
  Daemons daemons_;
  Ledger ledger_;
  std::list<Caller> callers_;
  std::list<Question> questions_;
  std::deque<reduce::UniqueFd> hostile_;
  std::deque<std::string> trace_;  ///< what was done last
  std::uint64_t steps_ = 0;
  std::uint64_t episodes_ = 0;
  int last_caller_ = 0;
};

}  // namespace chaos
