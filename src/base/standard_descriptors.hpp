#pragma once

#include "base/result.hpp"

namespace reduce {

/// Opens /dev/null with `flags` for each of descriptors 0 to 2 that is closed, so that no other
/// file of ours gets one of these numbers. With O_PATH, using it fails as it did while closed.
Result<void> fill_standard_descriptors(int flags);

}  // namespace reduce
