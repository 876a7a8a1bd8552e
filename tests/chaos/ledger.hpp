#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chaos/caller.hpp"
#include "chaos/got.hpp"

namespace chaos {

/// What was executed, what was done to it, and who got what of it: what may be, and what may not.
class Ledger {
 public:
  /// `runs`: the file in which executions are counted.
  explicit Ledger(std::string runs) : runs_(std::move(runs)) {}

  /// How many executions there were by now.
  std::size_t executions();
  std::size_t ends() const { return last_end_; }
  /// Processes that were executed and are none that ended long ago.
  std::vector<pid_t> latest(std::size_t most);
  void note_signal(pid_t pid, int signal) { signaled_[pid].insert(signal); }
  void note_call(const Plan& plan) { most_executions_ += plan.most_executions(); }
  std::size_t most_executions() const { return most_executions_; }

  /// What is wrong with how this caller ended; nothing where all is right.
  std::optional<std::string> complaint(const Caller& caller, const e2e::Result& result);

  /// For the summary.
  struct Totals {
    std::size_t calls = 0, whole = 0, cut_short = 0, lost = 0, left = 0, direct = 0;
  };
  const Totals& totals() const { return totals_; }

 private:
  struct Execution {
    std::size_t number = 0;
    pid_t pid = 0;
  };
  /// As its callers saw it.
  struct Seen {
    e2e::Result result;
    std::size_t out = 0, err = 0;
    std::size_t end = 0;
  };

  std::optional<std::string> complaint_on_bytes(const Caller& caller, const Got& out,
                                                const Got& err);
  std::optional<std::string> complaint_on_end(const Caller& caller, const e2e::Result& result,
                                              const Got& out, const Got& err, const Lines& lines);
  bool was_cut_short(const Caller& caller, const e2e::Result& result, std::optional<Nonce> nonce);
  std::optional<std::string> complaint_on_others(const Caller& caller, const e2e::Result& result,
                                                 Nonce nonce);

  const std::string runs_;
  std::size_t read_ = 0;  ///< of that file
  std::map<Nonce, Execution> executions_;
  std::vector<pid_t> pids_;
  std::map<pid_t, std::set<int>> signaled_;
  std::map<Nonce, Seen> seen_;
  std::size_t last_end_ = 0;
  std::size_t most_executions_ = 0;
  Totals totals_;
};

}  // namespace chaos
