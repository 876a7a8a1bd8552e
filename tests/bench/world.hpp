#pragma once

#include <string>

#include "measure/process.hpp"
#include "sizes.hpp"

namespace bench {

class Daemon;

/// The folder, the programs and the surroundings of all that is measured. The folder goes with it.
class World {
 public:
  /// `programs`: the folder of reduce-run and reduced.
  World(std::string programs, Sizes sizes);
  ~World();
  World(const World&) = delete;

  const Sizes& sizes() const { return sizes_; }
  /// A file of the folder, which is on the spool's file system.
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string ours(const std::string& name) const { return programs_ + "/" + name; }

  /// A program with nothing to read and nowhere to write; stderr is kept for when it fails.
  Program plain(Words argv, const Words& more = {}) const;
  /// `reduce-run` with these words after it, of that daemon.
  Program call(const Daemon& daemon, Words words, const Words& more = {}) const;
  /// The words of the helper, a command under the benchmark's control.
  Words helper(Words words) const;
  /// As large as a login session's: a hundred variables, 6 KB. No locale: who has one to load
  /// starts later, and so would look like a slower peer.
  Words environment(const std::string& socket) const;

  /// What programs have said on stderr.
  std::string errors() const;
  int null() const { return null_.get(); }
  int errors_descriptor() const { return errors_.get(); }

 private:
  Program surrounded(Words argv, const std::string& socket, const Words& more) const;

  const std::string programs_;
  const Sizes sizes_;
  std::string folder_;
  UniqueFd null_;
  UniqueFd errors_;
};

/// A FIFO by which commands under the benchmark's control are told to go on.
class Trigger {
 public:
  Trigger(const World& world, const std::string& name);
  ~Trigger();
  Trigger(const Trigger&) = delete;

  const std::string& path() const { return path_; }
  /// Lets so many readers go on, each once.
  void release(int count = 1) const;
  /// Who reads finds the end.
  void close() { fifo_.reset(); }

 private:
  std::string path_;
  UniqueFd fifo_;
};

}  // namespace bench
