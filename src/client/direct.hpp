#pragma once

namespace reduce {

/// Becomes the command, as if reduce-run were not there. Returns only where that fails, with the
/// status to exit with; the reason has been said then.
int run_direct(char** words);

}  // namespace reduce
