#pragma once

#include <string>

#include "client/patience.hpp"

namespace reduce {

/// Has the user's service manager start the daemon of the standard socket, so that it does not live
/// and die with the session or job of whoever came first. False where no such manager answers, or
/// it does not know the unit. Waits until the daemon serves, while the patience lasts and some
/// seconds at most.
bool start_by_service_manager(const std::string& socket, Patience& patience);

/// Whether it would be started so: such a manager answers and knows the unit.
bool service_manager_knows(const std::string& socket, Patience& patience);

}  // namespace reduce
