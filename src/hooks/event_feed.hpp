#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "hooks/json_line.hpp"
#include "run/clock.hpp"
#include "run/hooks.hpp"

namespace reduce {

/// Tells what happens as lines of JSON, to whoever listens. Values of the environment and stdin are
/// in none of them.
class EventFeed final : public Hooks {
 public:
  /// Takes a line without its newline. Must not wait.
  using Listener = std::function<void(std::string_view line)>;

  /// `clock` outlives this. `key` makes the identities' digests useless elsewhere.
  EventFeed(const Clock& clock, std::string key) : clock_(clock), key_(std::move(key)) {}

  /// Tells `listener` from now on; the number is for stop().
  int listen(Listener listener);
  void stop(int number) { listeners_.erase(number); }

  /// A line about a run that is in flight already, for one who begins to listen.
  std::string line_on(const Run& run) const;
  /// A line that says that so many were dropped.
  std::string line_on_dropped(std::uint64_t count) const;

  void apply(const Run& run) override;
  void execute(const Run& run) override;
  void reduce(const Run& run, const Caller& caller) override;
  void retry(const Run& run) override;
  void leave(const Run& run, const Caller& caller) override;
  void result(const Run& run) override;
  void error(const Run& run) override;
  void cancel(const Run& run) override;
  void tire(const Run& run, const Caller& caller) override;
  void decline(const CommandView& command, const Place& place, std::string_view reason) override;

 private:
  template <class Add>
  void tell(const char* event, const Run& run, Add add);
  void tell_end(const char* event, const Run& run);
  const JsonLine& description_of(const Run& run);
  void send(const std::string& line);

  const Clock& clock_;
  const std::string key_;
  std::map<int, Listener> listeners_;
  std::unordered_map<RunId, JsonLine> descriptions_;  ///< of runs in flight: their part of a line
  int last_ = 0;
};

}  // namespace reduce
