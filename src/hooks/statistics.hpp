#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "run/clock.hpp"
#include "run/hooks.hpp"

namespace reduce {

/// What was counted: total = executed + reduced, but for what the numbers after `errors` tell.
struct Counts {
  std::uint64_t total = 0;          ///< calls that asked for a command
  std::uint64_t executed = 0;       ///< runs started
  std::uint64_t reduced = 0;        ///< calls that shared another's run
  std::uint64_t errors = 0;         ///< runs that did not end with exit 0
  std::uint64_t direct = 0;         ///< calls sent away to run their command without the daemon
  std::uint64_t unshared = 0;       ///< runs that nobody could join
  std::uint64_t retried = 0;        ///< tries after the first
  std::uint64_t cancelled = 0;      ///< runs that ended in the queue: not executed
  std::uint64_t wait_timeouts = 0;  ///< calls whose patience ended before their run
  Duration time_saved{};            ///< of each run, once per caller that joined it
  Duration cpu_saved{};             ///< its user and system time likewise

  bool operator==(const Counts&) const = default;
  Counts& operator+=(const Counts& more);
};

/// Counts what the reducer does, in all and by program.
class Statistics final : public Hooks {
 public:
  using Programs = std::map<std::string, Counts, std::less<>>;
  /// All that is kept over restarts.
  struct Record {
    Counts totals;
    Programs programs;
    double since = 0;  ///< when counting began: seconds since 1970

    /// The counts of the program of that name, or of those that are counted together.
    Counts& program(std::string_view name);
    /// Adds what was counted elsewhere.
    void add(const Record& more);
  };

  /// `clock` outlives this.
  explicit Statistics(const Clock& clock) : clock_(clock) { reset(); }

  const Record& record() const { return record_; }
  const Counts& totals() const { return record_.totals; }
  /// The part of it that was counted since it was kept.
  const Record& unkept() const { return unkept_; }
  bool has_unkept() const { return changed_; }
  /// All is kept; `record` is that, and what others kept with it. Counting goes on from there.
  void resume(Record record);
  /// Counts from 0.
  void reset();

  void apply(const Run& run) override;
  void execute(const Run& run) override;
  void reduce(const Run& run, const Caller&) override;
  void retry(const Run& run) override;
  void result(const Run& run) override;
  void error(const Run& run) override;
  void cancel(const Run& run) override;
  void tire(const Run& run, const Caller&) override;
  void decline(const CommandView& command, const Place&, std::string_view) override;

 private:
  template <class Change>
  void count(const CommandView& command, Change change);
  void add_saved(const Run& run, std::uint32_t joined);

  const Clock& clock_;
  Record record_;
  Record unkept_;
  bool changed_ = false;
};

}  // namespace reduce
