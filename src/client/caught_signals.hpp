#pragma once

#include <signal.h>

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "base/unique_fd.hpp"

namespace reduce {

/// The signals by which a user ends a command (SIGINT, SIGQUIT, SIGTERM, SIGHUP), held back so
/// that they can be passed on. One that was ignored or blocked before stays so.
class CaughtSignals {
 public:
  CaughtSignals() : CaughtSignals({}) {}
  /// These too are held.
  explicit CaughtSignals(std::initializer_list<int> more);
  /// They are blocked already: `descriptor` is the signalfd(2) of those that were not before, and
  /// `before` the kernel's mask of that time.
  CaughtSignals(UniqueFd descriptor, std::uint64_t before);
  /// SIGPIPE and SIGXFSZ do not end this process while there is something left to do; writing says
  /// EPIPE and EFBIG.
  void hold_write_signals();
  /// Everything is as before.
  void release();

  /// Readable while a signal is held.
  int descriptor() const { return descriptor_.get(); }
  /// The signal that came, nothing where it is one that is ignored.
  std::optional<int> take();

 private:
  sigset_t before_{};
  UniqueFd descriptor_;
};

}  // namespace reduce
