#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace e2e {

/// What proc(5) tells of a process.
struct ProcessInfo {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t session = 0;
  char state = '?';
  std::string name;

  bool is_alive() const { return state != 'Z' && state != 'X'; }
};

/// All processes that descend from this one, zombies included. With this process as the reaper of
/// orphans (PR_SET_CHILD_SUBREAPER) none can leave that set.
std::vector<ProcessInfo> descendants();

/// The process is there, and no zombie.
bool is_alive(pid_t pid);

/// It waits for something.
bool is_asleep(pid_t pid);

/// Its words, for messages.
std::string command_line(pid_t pid);

/// Some lines on what it is, where it waits, and what a `reduced` has open: for messages.
std::string account_of(const ProcessInfo& info);

/// How many descriptors it has open; 0 where it is gone.
std::size_t open_descriptors(pid_t pid);

/// The same, once it has been the same for a while.
std::size_t settled_descriptors(pid_t pid);

/// Bytes of memory that it has in use (VmRSS); 0 where it is gone.
std::uint64_t resident_bytes(pid_t pid);

/// The target of a link such as /proc/PID/cwd, empty where there is none.
std::string read_link(const std::string& path);

/// The whole of a file, empty where there is none.
std::string read_file(const std::string& path);

}  // namespace e2e
