#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/launcher.hpp"
#include "support/descriptors.hpp"

namespace reduce::test {

/// A process that does what a test says. The test may hold it longer than the run does.
class ScriptedProcess {
 public:
  ScriptedProcess(const Command& command, RunId id, pid_t pid, ProcessObserver& observer)
      : run_(id), pid_(pid), observer_(&observer) {
    for (const std::string_view argument : command.view().args) args_.emplace_back(argument);
  }

  RunId run() const { return run_; }
  pid_t pid() const { return pid_; }
  const std::vector<std::string>& args() const { return args_; }
  /// What was sent to its process group, in order.
  const std::vector<int>& signals() const { return signals_; }
  /// How often it was told that its run takes output again.
  int resumed() const { return resumed_; }
  /// It has not ended, and its run still cares for it.
  bool is_running() const { return observer_ != nullptr; }
  /// The run has let go of it: nothing is left to signal.
  bool is_released() const { return released_; }
  /// The run let go of a process that had not ended.
  bool was_abandoned() const { return abandoned_; }

  /// Writes to one of its streams and offers it to the run, as the event loop would, in chunks of
  /// at most `chunk` bytes. False once the run takes no more.
  bool write(Stream stream, std::string_view bytes, std::size_t chunk = 1 << 20) {
    while (!bytes.empty()) {
      bytes.remove_prefix(put(stream, bytes));
      if (!offer(stream, chunk)) return false;
    }
    return true;
  }
  bool out(std::string_view bytes) { return write(Stream::out, bytes); }
  bool err(std::string_view bytes) { return write(Stream::err, bytes); }

  /// Writes without telling anyone; how many bytes the pipe took.
  std::size_t put(Stream stream, std::string_view bytes) { return pipe(stream).put(bytes); }

  /// Offers what is in a pipe until nothing is left. False where the run takes no more.
  bool offer(Stream stream, std::size_t chunk = 1 << 20) {
    while (observer_ != nullptr) {
      const Intake intake = observer_->output(stream, pipe(stream).reader.get(), chunk);
      if (intake.state != Intake::State::taken) return intake.state == Intake::State::empty;
    }
    return false;
  }

  void exit(int code) { end({Exited{code}, {}}); }
  void die(int signal) { end({Signaled{signal}, {}}); }
  /// Ends: the rest of its output is offered first, as the real one does.
  void end(const ProcessEnd& how) {
    if (!is_running()) throw std::logic_error("the process has ended already");
    offer(Stream::out);
    offer(Stream::err);
    if (ProcessObserver* observer = std::exchange(observer_, nullptr)) observer->ended(how);
  }

 private:
  friend class FakeLauncher;

  TestPipe& pipe(Stream stream) { return pipes_[static_cast<std::size_t>(stream)]; }
  void release() {
    abandoned_ = std::exchange(observer_, nullptr) != nullptr;
    released_ = true;
    for (TestPipe& pipe : pipes_) {
      pipe.reader.reset();
      pipe.writer.reset();
    }
  }

  const RunId run_;
  const pid_t pid_;
  ProcessObserver* observer_;
  std::vector<std::string> args_;
  std::vector<int> signals_;
  int resumed_ = 0;
  bool released_ = false;
  bool abandoned_ = false;
  TestPipe pipes_[2];
};

/// Launches nothing: each launch is noted, and is a process that the test drives.
class FakeLauncher final : public Launcher {
 public:
  using Launched = std::variant<std::unique_ptr<Process>, LaunchFailure>;

  Launched launch(const Command& command, RunId id, ProcessObserver& observer) override {
    ++attempts_;
    if (failure_) {
      const LaunchFailure failure = *failure_;
      if (at_launch) at_launch(id, nullptr);
      return failure;
    }
    const auto pid = static_cast<pid_t>(1000 + attempts_);
    processes_.push_back(std::make_shared<ScriptedProcess>(command, id, pid, observer));
    if (at_launch) at_launch(id, processes_.back());
    return std::make_unique<FakeProcess>(processes_.back());
  }

  /// Called at each attempt, before its run learns of it; without a process where it fails.
  std::function<void(RunId, const std::shared_ptr<ScriptedProcess>&)> at_launch;

  /// From now on launching ends so; nothing: it succeeds again.
  void fail_with(std::optional<Outcome> outcome) {
    failure_.reset();
    if (outcome) failure_ = LaunchFailure{std::move(*outcome)};
  }
  void fail_with(LaunchFailure failure) { failure_ = std::move(failure); }

  /// How often launch() was called.
  std::size_t attempts() const { return attempts_; }
  /// How many processes there were.
  std::size_t count() const { return processes_.size(); }
  ScriptedProcess& process(std::size_t index) const { return *processes_.at(index); }
  const std::shared_ptr<ScriptedProcess>& last() const { return processes_.back(); }
  /// Forgets what was launched; who holds a process keeps it.
  void forget() { processes_.clear(); }

 private:
  class FakeProcess final : public Process {
   public:
    explicit FakeProcess(std::shared_ptr<ScriptedProcess> script) : script_(std::move(script)) {}
    ~FakeProcess() override { script_->release(); }
    pid_t pid() const override { return script_->pid_; }
    void signal_group(int signal) override { script_->signals_.push_back(signal); }
    void resume() override { ++script_->resumed_; }

   private:
    std::shared_ptr<ScriptedProcess> script_;
  };

  std::size_t attempts_ = 0;
  std::optional<LaunchFailure> failure_;
  std::vector<std::shared_ptr<ScriptedProcess>> processes_;
};

}  // namespace reduce::test
