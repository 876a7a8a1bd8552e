#include "run/wait_graph.hpp"

#include <algorithm>

namespace reduce {

void WaitGraph::add(const std::vector<RunId>& chain, RunId run) {
  for (const RunId waiting : chain) waits_.emplace(waiting, run);
}

void WaitGraph::remove(const std::vector<RunId>& chain, RunId run) {
  for (const RunId waiting : chain) {
    const auto [begin, end] = waits_.equal_range(waiting);
    const auto found =
        std::find_if(begin, end, [run](const auto& wait) { return wait.second == run; });
    if (found != end) waits_.erase(found);
  }
}

bool WaitGraph::would_deadlock(const std::vector<RunId>& chain, RunId run) const {
  if (chain.empty()) return false;
  std::set<RunId> seen{run};
  std::vector<RunId> open{run};
  while (!open.empty()) {
    const RunId at = open.back();
    open.pop_back();
    if (std::find(chain.begin(), chain.end(), at) != chain.end()) return true;
    const auto [begin, end] = waits_.equal_range(at);
    for (auto wait = begin; wait != end; ++wait) {
      if (seen.insert(wait->second).second) open.push_back(wait->second);
    }
  }
  return false;
}

}  // namespace reduce
