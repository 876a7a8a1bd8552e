#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "channel/socket.hpp"
#include "command/command.hpp"

namespace reduce {

/// Whether this daemon's process can stand in for a caller's own: what it runs must be able to do
/// just what the caller could have done, no less and no more.
class Suitability {
 public:
  /// Looks at this process, which is the one to compare with.
  Suitability();

  /// Why the daemon must not run a command for this caller; nothing where it may. Goes by what the
  /// kernel says of the process that connected, not by what that process says of itself.
  std::optional<std::string> objection(int socket, const Peer& peer, const CommandView& command,
                                       const Place& place) const;

 private:
  /// What a process sees of the machine and may do on it.
  struct Confines {
    std::array<std::array<char, 32>, 3> namespaces{};
    std::ptrdiff_t pid_levels = 0;
    dev_t root_device = 0;
    ino_t root_inode = 0;
    std::string privileges;  ///< the lines of proc(5)'s status on seccomp and no_new_privs
  };
  static std::optional<Confines> confines_of(const std::string& process);
  std::optional<std::string> difference(const Confines& theirs) const;
  /// Root's daemon gives its processes what the caller has, as far as the kernel lets it.
  bool can(unsigned capability) const { return (root_capabilities_ >> capability & 1) != 0; }

  std::optional<Confines> own_;
  std::array<rlimit, RLIM_NLIMITS> limits_{};
  std::uint64_t root_capabilities_ = 0;  ///< of root's daemon: bits by number, capabilities(7)
  int nice_ = 0;
  gid_t gid_ = 0;
  std::vector<gid_t> groups_;
};

}  // namespace reduce
