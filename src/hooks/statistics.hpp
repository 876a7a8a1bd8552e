#pragma once

#include <cstdint>

#include "run/hooks.hpp"

namespace reduce {

/// Counts what the reducer does: total = executed + reduced.
class Statistics final : public Hooks {
 public:
  struct Totals {
    std::uint64_t total = 0;     ///< calls that asked for a command
    std::uint64_t executed = 0;  ///< runs started
    std::uint64_t reduced = 0;   ///< calls that shared another's run
    std::uint64_t errors = 0;    ///< runs that did not end with exit 0
    std::uint64_t retried = 0;   ///< tries after the first
    Duration time_saved{};       ///< of each run, once per caller that joined it
    Duration cpu_saved{};        ///< its user and system time likewise
  };

  const Totals& totals() const { return totals_; }

  void apply(const Identity&) override { ++totals_.total; }
  void execute(const Run&) override { ++totals_.executed; }
  void reduce(const Run& run, const Caller&) override;
  void retry(const Run&) override { ++totals_.retried; }
  void result(const Run& run) override;
  void error(const Run& run) override;

 private:
  void add_saved(const Run& run, std::uint32_t joined);
  Totals totals_;
};

}  // namespace reduce
