#pragma once

#include "run/run.hpp"

namespace reduce {

/// An observer of the reducer, told of each moment as it happens. It can change nothing: what a
/// hook throws is dropped, and none of these may wait.
class Hooks {
 public:
  virtual ~Hooks() = default;
  /// A call asked for a command, and this run is to serve it.
  virtual void apply(const Run&) {}
  /// The run starts.
  virtual void execute(const Run&) {}
  /// A caller shares a run that was there before it.
  virtual void reduce(const Run&, const Caller&) {}
  /// A try of a run failed, and another starts.
  virtual void retry(const Run&) {}
  /// A caller leaves before the outcome.
  virtual void leave(const Run&, const Caller&) {}
  /// A run ended with exit 0.
  virtual void result(const Run&) {}
  /// A run ended in any other way.
  virtual void error(const Run&) {}
  /// A run ended in the queue, before it started: nothing was executed.
  virtual void cancel(const Run&) {}
  /// A caller's patience ended before its run did: it leaves.
  virtual void tire(const Run&, const Caller&) {}
  /// A call was sent away to run its command without the daemon.
  virtual void decline(const CommandView&, const Place&, std::string_view) {}
};

}  // namespace reduce
