#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "measure/process.hpp"
#include "world.hpp"

namespace bench {

/// A daemon of the benchmark's own. It ends with this, and its runs with it.
class Daemon {
 public:
  /// `megabytes` of ballast make it a large one.
  Daemon(const World& world, const std::string& name, int megabytes = 0);
  ~Daemon();
  Daemon(const Daemon&) = delete;

  pid_t pid() const { return process_->pid(); }
  const std::string& socket() const { return socket_; }

  /// CPU seconds so far: its own; of the commands that it ran and that have ended.
  double cpu() const;
  double commands_cpu() const;

  /// Waits until it has nothing left to do.
  void settle() const;
  /// A number of its statistics.
  int count(const std::string& key) const { return ask().at(key).get<int>(); }
  /// Waits until `key` of its statistics ("callers", "running") has come to `count`. Returns the
  /// CPU seconds that asking has cost it.
  double await(const std::string& key, int count) const;

 private:
  nlohmann::json ask() const;
  void stop();

  std::string socket_;
  std::optional<Process> process_;
};

}  // namespace bench
