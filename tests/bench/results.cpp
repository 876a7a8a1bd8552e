#include "results.hpp"

namespace bench {

Row against(std::string what, std::string peer, std::string unit, const std::vector<double>& ours,
            const std::vector<double>& theirs, double goal) {
  return {std::move(what),   std::move(peer),
          std::move(unit),   summarize(ours),
          summarize(theirs), summarize_ratios(ours, theirs),
          std::string(),     goal};
}

Row alone(std::string what, std::string unit, const std::vector<double>& ours, double goal) {
  return {std::move(what), {}, unit, summarize(ours), std::nullopt, summarize(ours), unit, goal};
}

}  // namespace bench
