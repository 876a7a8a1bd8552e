#pragma once

#include <sys/types.h>

#include <string>

namespace bench {

/// CPU seconds of a living process, all its threads, to the nanosecond.
double cpu_of(pid_t pid);
/// CPU seconds of those that it has waited for, in the kernel's ticks.
double cpu_of_children(pid_t pid);

/// A number of /proc/PID/status in bytes: "VmRSS", "VmHWM" (the peak).
double memory_of(pid_t pid, const std::string& what);
/// From now on VmHWM is the peak since now.
void forget_peak(pid_t pid);

/// A number of /proc/meminfo in bytes.
double system_memory(const std::string& what);

/// The whole of a small file, empty where there is none.
std::string read_file(const std::string& path);
/// What follows `name` and a colon, on a line of a file such as /proc/cpuinfo.
std::string field_of(const std::string& path, const std::string& name);

}  // namespace bench
