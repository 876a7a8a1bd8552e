#include "hooks/statistics.hpp"

namespace reduce {

void Statistics::reduce(const Run& run, const Caller&) {
  ++totals_.reduced;
  // A run that has ended is shared still, and its end has been counted.
  if (run.outcome()) add_saved(run, 1);
}

void Statistics::result(const Run& run) {
  add_saved(run, run.served() - 1);
}

void Statistics::error(const Run& run) {
  ++totals_.errors;
  add_saved(run, run.served() - 1);
}

void Statistics::add_saved(const Run& run, std::uint32_t joined) {
  totals_.time_saved += run.duration() * joined;
  totals_.cpu_saved += run.cpu() * joined;
}

}  // namespace reduce
