#pragma once

#include <string>
#include <vector>

namespace reduce {

/// `reduce-run --shims DIR CMD...`: writes a shim for each program into the folder, which is made
/// where it is missing. All or nothing is written where a file of such a name is no shim. Prints
/// the paths of what it wrote, absolute, and says on stderr which of them PATH does not lead to
/// first. Returns the status to exit with.
int write_shims(std::string folder, const std::vector<std::string>& commands);

}  // namespace reduce
