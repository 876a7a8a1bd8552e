#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// Makes this process fit to be a daemon and a parent: descriptors 0 to 2 open, default signal
/// dispositions (SIGPIPE and SIGXFSZ ignored), soft resource limits as high as allowed, folder `/`,
/// umask 077.
/// Returns the signalfd of the signals that end it, which are blocked; an error where the system
/// lacks what every run needs. Called once, first.
Result<UniqueFd> prepare_own_process();

}  // namespace reduce
