#pragma once

#include <sys/resource.h>

#include <array>

#include "command/command.hpp"
#include "process/vfork_launcher.hpp"

namespace reduce {

/// Initializer: a session of its own (so no terminal, and a process group that signals reach
/// whole), default signals, and SIGTERM if the daemon dies.
class OwnSession {
 public:
  explicit OwnSession(pid_t daemon) : daemon_(daemon) {}
  template <class Launcher, class Path>
  boost::system::error_code on_exec_setup(Launcher&, const Path&, const char* const*&) {
    return apply();
  }

 private:
  boost::system::error_code apply() const;
  pid_t daemon_;
};

/// Initializer: the three standard descriptors, and nothing else.
class StandardStreams {
 public:
  StandardStreams(int in, int out, int err) : sources_{in, out, err} {}
  template <class Launcher, class Path>
  boost::system::error_code on_exec_setup(Launcher&, const Path&, const char* const*&) {
    return apply();
  }

 private:
  boost::system::error_code apply() const;
  std::array<int, 3> sources_;  ///< each above 2
};

/// Initializer: the caller's groups, directory, umask, resource limits and nice value.
class CallerContext {
 public:
  explicit CallerContext(const Command& command) : command_(command) {}
  template <class Launcher, class Path>
  boost::system::error_code on_exec_setup(Launcher&, const Path&, const char* const*&) {
    return apply();
  }

 private:
  boost::system::error_code apply() const;
  boost::system::error_code apply_groups() const;
  const Command& command_;
};

}  // namespace reduce
