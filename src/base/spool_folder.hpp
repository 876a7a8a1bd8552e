#pragma once

namespace reduce {

/// Where a daemon keeps large output unless it is told another folder: on disk, where /tmp is often
/// memory.
inline constexpr const char* kSpoolFolder = "/var/tmp";

}  // namespace reduce
