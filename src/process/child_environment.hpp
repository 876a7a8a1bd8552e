#pragma once

#include <deque>
#include <string>
#include <vector>

#include "command/packed_strings.hpp"

namespace reduce {

/// The environment of a run's process: its starter's, with REDUCE_CHAIN set anew and without the
/// words of a job server that the process could not reach.
class ChildEnvironment {
 public:
  /// `environment` outlives this. `chain` is the variable as `NAME=VALUE`.
  ChildEnvironment(const PackedStrings& environment, std::string chain);

  /// For execve(2): ended by a null pointer.
  const char* const* data() const { return pointers_.data(); }

 private:
  std::deque<std::string> changed_;  ///< variables that are not the starter's; never moved
  std::vector<const char*> pointers_;
};

}  // namespace reduce
