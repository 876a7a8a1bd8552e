#pragma once

#include "client/call.hpp"

namespace reduce {

/// Carries out a call and ends this process as the command ended. Returns only where there is
/// nothing to imitate, with the status to exit with; the reason has been said then.
int carry_out(const Call& call);

}  // namespace reduce
