#pragma once

#include "run/run.hpp"

namespace reduce {

/// An observer of the reducer, told of each moment as it happens. It can change nothing: what a
/// hook throws is dropped, and none of these may wait.
class Hooks {
 public:
  virtual ~Hooks() = default;
  /// A call asked for a command.
  virtual void apply(const Identity&) {}
  /// A run starts for it.
  virtual void execute(const Run&) {}
  /// It shares a run that is there.
  virtual void reduce(const Run&, const Caller&) {}
  /// A try of a run failed, and another starts.
  virtual void retry(const Run&) {}
  /// A run ended with exit 0.
  virtual void result(const Run&) {}
  /// A run ended in any other way.
  virtual void error(const Run&) {}
};

}  // namespace reduce
