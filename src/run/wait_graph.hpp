#pragma once

#include <map>
#include <set>
#include <vector>

#include "run/launcher.hpp"

namespace reduce {

/// Which runs wait for which: a run whose process calls reduce-run waits for the run that serves
/// the call. Knows before it happens whether runs would come to wait for one another.
class WaitGraph {
 public:
  /// A caller in the runs of `chain` is served by `run`, or is not any more.
  void add(const std::vector<RunId>& chain, RunId run);
  void remove(const std::vector<RunId>& chain, RunId run);

  /// Whether a caller in the runs of `chain` would wait for itself if it waited for `run`.
  bool would_deadlock(const std::vector<RunId>& chain, RunId run) const;

 private:
  std::multimap<RunId, RunId> waits_;
};

}  // namespace reduce
