#pragma once

#include <sys/resource.h>

#include <list>
#include <map>
#include <optional>
#include <string>

#include "chaos/step.hpp"
#include "support/e2e/sandbox.hpp"

namespace chaos {

/// As the setting has it. Of callers, too: a daemon of lower limits is none for them.
void limit_descriptors(e2e::Spawn& spawn, const Setting& setting);

/// All daemons of a sandbox, whoever started them.
class Daemons {
 public:
  explicit Daemons(const e2e::Sandbox& box) : box_(box) {}

  /// Starts one by hand, with `more` options. Whether it serves shows later.
  void start(const Setting& setting, const e2e::Words& more);
  /// One of them; 0 where there is none.
  pid_t any(unsigned choice) const;
  /// Leaves it so few descriptors.
  void squeeze(pid_t daemon, unsigned descriptors);
  void release();
  bool is_squeezed() const { return !squeezed_.empty(); }

  /// Reaps those that have ended.
  void reap();
  /// What is wrong with the one that serves when there is nothing to do: it has more open than it
  /// needs, or has grown. Nothing where all is right or there is none.
  std::optional<std::string> complaint_when_idle();

 private:
  const e2e::Sandbox& box_;
  std::list<e2e::Started> started_;
  std::map<pid_t, rlim_t> squeezed_;             ///< with what they had
  std::map<pid_t, std::uint64_t> first_memory_;  ///< when they were idle for the first time
  std::size_t first_descriptors_ = 0;
};

}  // namespace chaos
