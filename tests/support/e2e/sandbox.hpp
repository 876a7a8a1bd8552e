#pragma once

#include <list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "support/e2e/process.hpp"

namespace e2e {

/// The programs that are tested are built with sanitizers: $REDUCE_TEST_SANITIZED is set. They take
/// longer then, ten times the memory, and descriptors of their own.
bool is_sanitized();

/// A folder, a socket and a controlled environment for one test. At its end all processes that the
/// test brought about are ended; one that outlives its daemon fails the test.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;

  /// A file or folder of this sandbox.
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  const std::string& folder() const { return folder_; }
  std::string socket() const { return path("v1.sock"); }
  /// Where `reduce-run` and `reduced` are: $REDUCE_TEST_BIN, else where they were built.
  static std::string program(const std::string& name);

  /// The scripted child's words. It adds its pid to the file `runs` before the first of `steps`.
  Words puppet(const Words& steps) const;
  /// How often a puppet was executed.
  std::size_t executions() const;
  /// The pids of the puppets that were executed.
  std::vector<pid_t> executed() const;

  /// A call of reduce-run with these words after its name, to be changed and started.
  Spawn call(const Words& words) const;
  /// A program itself, without reduce-run, in the same surroundings.
  Spawn direct(const Words& argv) const;
  Started start(const Words& words) const { return Started(call(words)); }
  Result run(const Words& words) const { return start(words).finish(); }

  /// Starts `reduced` in the foreground and waits until it serves.
  Started& start_daemon(const Words& options = {});
  /// Who serves the socket, as the kernel knows it.
  std::optional<pid_t> daemon_pid() const;
  /// All daemons that the test brought about, alive.
  std::vector<pid_t> daemons() const;

  /// The answers of --stats and --list; null where no daemon serves.
  nlohmann::json stats() const { return ask("--stats"); }
  nlohmann::json list() const { return ask("--list"); }
  /// Waits until so many callers wait for runs.
  void await_callers(std::size_t count, Milliseconds patience = kPatience) const;
  /// Waits until the file is there.
  void await_file(const std::string& name) const;

  void touch(const std::string& name) const { write(name, ""); }
  void write(const std::string& name, const std::string& text, int mode = 0600) const;
  std::string read(const std::string& name) const;
  bool exists(const std::string& name) const;

 private:
  nlohmann::json ask(const std::string& question) const;
  void end_daemons();
  void check_nobody_left();
  void check_sanitizers() const;

  std::string folder_;
  std::list<Started> daemons_;
};

}  // namespace e2e
