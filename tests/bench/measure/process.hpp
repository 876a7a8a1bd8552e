#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "measure/time.hpp"

namespace bench {

using reduce::UniqueFd;
using Words = std::vector<std::string>;

/// How a process ended, and the CPU seconds of it and of all that it waited for.
struct Ended {
  int status = 0;
  double cpu = 0;
};

/// A process that was started. If it still runs when this goes, it is killed.
class Process {
 public:
  explicit Process(pid_t pid) : pid_(pid) {}
  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Process& operator=(Process&&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  Ended wait();
  /// It has been waited for by other means.
  void release() { pid_ = -1; }
  /// Waits, and throws Broken unless it exits with 0.
  Ended wait_for_success(const std::string& name);

 private:
  pid_t pid_;
};

/// Whether a status as of wait(2) says "exited with 0".
bool is_success(int status);

/// What is to be started, prepared so that starting is one posix_spawn(3).
class Program {
 public:
  Program(Words argv, Words environment);
  Program(Program&&) = default;

  /// The new process has `descriptor` as its `number`.
  Program& give(int descriptor, int number);
  Program& in(int descriptor) { return give(descriptor, 0); }
  Program& out(int descriptor) { return give(descriptor, 1); }

  Process start() const;
  /// Starts it and waits for its success.
  Ended run() const;
  /// Seconds from before the start to when it was reaped; adds its CPU seconds to `cpu`.
  double time(double& cpu) const;

  /// For who starts it by other means: argv, its environment, its descriptors.
  char* const* argv() const { return argv_pointers_.data(); }
  char* const* environment() const { return environment_pointers_.data(); }
  const std::vector<std::pair<int, int>>& descriptors() const { return descriptors_; }

 private:
  struct Actions;
  struct DropActions {
    void operator()(Actions* actions) const;
  };

  std::unique_ptr<Words> argv_;
  std::unique_ptr<Words> environment_;
  std::vector<char*> argv_pointers_;
  std::vector<char*> environment_pointers_;
  std::vector<std::pair<int, int>> descriptors_;
  std::unique_ptr<Actions, DropActions> actions_;
};

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};
Pipe make_pipe();

}  // namespace bench
