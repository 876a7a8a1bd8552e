#pragma once

namespace reduce {

// As env(1), nohup(1) and timeout(1) have them.
inline constexpr int kExitWaitTimeout = 75;
inline constexpr int kExitTimeout = 124;
inline constexpr int kExitOwnFailure = 125;
inline constexpr int kExitCannotExecute = 126;
inline constexpr int kExitNotFound = 127;
/// A shell reports a death by signal S as this plus S.
inline constexpr int kExitSignalBase = 128;

}  // namespace reduce
