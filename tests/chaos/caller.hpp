#pragma once

#include <poll.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chaos/plan.hpp"
#include "support/e2e/process.hpp"

namespace chaos {

using Clock = std::chrono::steady_clock;

/// What a caller can be excused with.
enum class Excuse {
  lost,    ///< 125: its daemon was killed, its run ended in the queue, it was let go
  ended,   ///< its run was told to end
  direct,  ///< its command may be run without the daemon, after one line
};

/// One reduce-run, and all that happened to it.
class Caller {
 public:
  Caller(int number, Plan plan, e2e::Spawn spawn);

  int number() const { return number_; }
  const Plan& plan() const { return plan_; }
  pid_t pid() const { return process_.pid(); }

  /// Reads what is there, as its pace is.
  void read();
  /// To wait for what is there to read. Negative descriptors where nothing is.
  std::vector<pollfd> wishes() const;
  /// The process has ended and its output has come to its end.
  bool has_ended();
  e2e::Result result() { return process_.finish_process(); }
  const std::string& out() const { return out_.text; }
  const std::string& err() const { return err_.text; }

  void signal(int number);
  void close_out();
  void stop();
  void resume();
  void read_eagerly() { plan_.pace = Pace::eager; }
  bool is_held() const { return stopped_ || plan_.pace != Pace::eager; }

  void excuse(Excuse excuse) { excuses_.insert(excuse); }
  bool is_excused(Excuse excuse) const { return excuses_.contains(excuse); }
  const std::set<int>& signals() const { return signals_; }
  bool is_out_closed() const { return out_closed_; }

  /// It must have ended by then.
  std::optional<Clock::time_point> deadline;
  /// Executions and ends that were known when it began.
  std::size_t executions_before = 0;
  std::size_t ends_before = 0;
  /// It is no call of a command that can be checked but this: what it must say.
  std::optional<std::string> says;

  void note(const std::string& what) { history_.push_back(what); }
  std::string history() const;

 private:
  struct Output {
    reduce::UniqueFd reader;
    std::string text;
    void read(std::size_t most);
  };
  struct Ends {
    reduce::UniqueFd reader, writer;
  };
  static Ends make_pipe();
  Caller(int number, Plan plan, e2e::Spawn spawn, Ends out, Ends err);

  const int number_;
  Plan plan_;
  Output out_, err_;
  e2e::Started process_;
  std::set<Excuse> excuses_;
  std::set<int> signals_;  ///< that it was sent
  bool out_closed_ = false;
  bool stopped_ = false;
  std::vector<std::string> history_;
};

}  // namespace chaos
