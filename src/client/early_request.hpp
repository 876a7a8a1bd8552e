#pragma once

#include <cstdint>

namespace reduce {

/// A plain call's request that was sent before the C library set itself up: the daemon starts the
/// command while this process gets ready to copy its output. In a virtual machine that set-up takes
/// as long as a third of a short call, since each of its CPUID instructions traps. A call that is
/// over in a moment and has written nothing does without that set-up.
struct EarlyRequest {
  int socket = -1;                   ///< connected, the request sent; -1 where none was
  int signals = -1;                  ///< a signalfd(2) of the signals that are caught
  std::uint64_t signals_before = 0;  ///< the signal mask before those were blocked
};

/// What the start of this process has left; valid from main on. Nothing was sent wherever the call
/// is anything but plain, or anything went wrong: the ordinary way tells.
extern EarlyRequest early_request;

}  // namespace reduce
