#pragma once

#include <string>
#include <vector>

#include "command/packed_strings.hpp"
#include "run/launcher.hpp"

namespace reduce {

/// The environment of a run's process: its starter's, and REDUCE_CHAIN, which names the runs that
/// it is in, outermost first.
class ChildEnvironment {
 public:
  /// `environment` outlives this.
  ChildEnvironment(const PackedStrings& environment, RunId id);

  /// For execve(2): ended by a null pointer.
  const char* const* data() const { return pointers_.data(); }

 private:
  std::string chain_;
  std::vector<const char*> pointers_;
};

}  // namespace reduce
