#pragma once

#include <string>

namespace e2e {

/// Where a file that users get beside the programs is: README.md, a page of the manual
/// ("reduced.1"), a completion ("reduced.bash", "_reduced", "reduced.fish"). In the source, or
/// below the `share` folder $REDUCE_TEST_SHARE as it was installed there.
std::string shipped_path(const std::string& file);

}  // namespace e2e
