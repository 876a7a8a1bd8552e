#pragma once

#include <sys/types.h>

#include <unordered_set>

namespace reduce {

/// The process groups that have a process which has not ended, as proc(5) shows them now. Reads all
/// of /proc: not for every call.
std::unordered_set<pid_t> living_groups();

}  // namespace reduce
