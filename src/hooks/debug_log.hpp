#pragma once

#include <functional>
#include <string>

#include "run/clock.hpp"
#include "run/hooks.hpp"

namespace reduce {

/// Says each moment in one line: a word (apply, executing, reducing, result, exception and others),
/// the run's id, its identity's digest.
class DebugLog final : public Hooks {
 public:
  /// `write` takes a line with its newline and must not wait. `clock` outlives this.
  DebugLog(const Clock& clock, std::string key, std::function<void(std::string_view)> write)
      : clock_(clock), key_(std::move(key)), write_(std::move(write)) {}

  void apply(const Run& run) override { say("apply", run); }
  void execute(const Run& run) override { say("executing", run); }
  void reduce(const Run& run, const Caller&) override { say("reducing", run); }
  void retry(const Run& run) override { say("retrying", run); }
  void leave(const Run& run, const Caller&) override { say("leaving", run); }
  void result(const Run& run) override { say("result", run); }
  void error(const Run& run) override { say("exception", run); }
  void cancel(const Run& run) override { say("cancelled", run); }
  void tire(const Run& run, const Caller&) override { say("wait-timeout", run); }
  void decline(const CommandView&, const Place&, std::string_view reason) override;

 private:
  void say(const char* word, const Run& run);
  const std::string& digest_of(const Run& run);

  const Clock& clock_;
  const std::string key_;
  const std::function<void(std::string_view)> write_;
  RunId last_ = 0;  ///< whose digest is kept: most lines are about the run of the line before
  std::string last_digest_;
};

}  // namespace reduce
