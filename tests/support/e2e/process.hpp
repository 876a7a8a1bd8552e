#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "support/e2e/eventually.hpp"

namespace e2e {

using Words = std::vector<std::string>;

/// One after the other: options, then a command.
Words with(Words options, const Words& command);

/// Where an output stream of a started program goes.
struct Target {
  enum class Kind { captured, closed, descriptor, file, like_out };
  Kind kind = Kind::captured;
  int fd = -1;
  std::string path;

  static Target captured() { return {}; }
  static Target closed() { return {Kind::closed, -1, {}}; }
  static Target descriptor(int fd) { return {Kind::descriptor, fd, {}}; }
  /// Of stderr: wherever stdout goes, as by `2>&1`.
  static Target like_out() { return {Kind::like_out, -1, {}}; }
  /// Made anew. Takes no descriptor of this process's: for very many at once.
  static Target file(std::string path) { return {Kind::file, -1, std::move(path)}; }
};

/// What to start, and in what surroundings.
struct Spawn {
  Words argv;
  std::string program;  ///< argv[0] where empty
  Words env;            ///< "NAME=VALUE"
  std::string cwd;
  Target out;
  Target err;
  int in = -1;                                     ///< /dev/null where negative
  std::function<void(std::string_view)> out_sink;  ///< takes captured stdout instead of a string
  std::function<void()> before_exec;               ///< in the new process

  Spawn& set(const std::string& name, const std::string& value);
  Spawn& unset(const std::string& name);
};

/// How a program ended and what it wrote.
struct Result {
  std::optional<int> code;
  int signal = 0;
  std::string out;
  std::string err;
  bool operator==(const Result&) const = default;
};
std::ostream& operator<<(std::ostream& to, const Result& result);

Result exited(int code, std::string out = {}, std::string err = {});
Result signaled(int signal, std::string out = {}, std::string err = {});

/// A program that was started. If it still runs when this goes, it is killed.
class Started {
 public:
  explicit Started(Spawn spawn);
  Started(Started&& other) noexcept;
  Started& operator=(Started&&) = delete;
  ~Started();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// The process is there and has not ended.
  bool is_running();

  /// What was captured so far.
  const std::string& out();
  const std::string& err();

  /// Waits for its end and for end-of-file of what is captured. Fails the test where that does not
  /// come in time.
  Result finish(Milliseconds patience = kPatience);
  /// Waits for the end of the process alone.
  Result finish_process(Milliseconds patience = kPatience);

 private:
  struct Capture {
    reduce::UniqueFd reader;
    std::string text;
    std::function<void(std::string_view)> sink;
    /// False where there is nothing to read now. Closes the reader at end-of-file.
    bool take();
  };

  void take_all();
  void reap(int wait_options);
  Result result() const;
  Result finish(Milliseconds patience, bool to_end_of_file);

  std::string name_;
  pid_t pid_ = -1;
  std::optional<int> status_;  ///< as waitpid(2) tells it
  Capture out_;
  Capture err_;
};

}  // namespace e2e
