#include "hooks/statistics.hpp"

namespace reduce {

void Statistics::result(const Run& run) { add_saved(run); }

void Statistics::error(const Run& run) {
  ++totals_.errors;
  add_saved(run);
}

void Statistics::add_saved(const Run& run) {
  const std::uint32_t joined = run.served() - 1;
  totals_.time_saved += run.duration() * joined;
  totals_.cpu_saved += run.cpu() * joined;
}

}  // namespace reduce
