#pragma once

#include <fcntl.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "run/caller.hpp"
#include "run/reducer.hpp"
#include "support/descriptors.hpp"
#include "support/test_command.hpp"

namespace reduce::test {

/// A caller that does what a session and the program behind it do: takes one notice at a time,
/// copies what it announces from the segment that came with it, and leaves at the outcome.
class FakeCaller final : public Caller {
 public:
  explicit FakeCaller(Reducer& reducer) : reducer_(reducer) {}
  ~FakeCaller() override { leave(); }

  /// Asks for a command. False where that was refused.
  bool ask(const Identity& identity, const TestCommand& command = TestCommand()) {
    Place place = command.place();
    if (!reducer_.apply(identity, command.view(), place, *this)) return false;
    if (run()) take();
    return true;
  }
  void leave() {
    if (run()) reducer_.leave(*this);
    pending_ = false;
  }
  bool pass_signal(int signal) { return reducer_.pass_signal(*this, signal); }

  /// A slow caller takes a notice and copies nothing until it is told to catch_up().
  void be_slow() { slow_ = true; }
  void be_prompt() {
    slow_ = false;
    catch_up();
  }
  /// Copies what it was told of and takes what came since: one notice more if it is slow.
  void catch_up() {
    if (!run() || !pending_) return;
    copy();
    take();
  }

  void dismiss(const std::string& reason) override {
    dismissal_ = reason;
    leave();
  }
  /// Why it was sent away; empty where it was not.
  const std::string& dismissal() const { return dismissal_; }

  void progress() override {
    ++told_;
    take();
  }

  /// Called once, when it has left with the outcome; and after each copy, while it is there.
  std::function<void(FakeCaller&)> at_outcome;
  std::function<void(FakeCaller&)> at_output;

  bool is_waiting() const { return run() != nullptr; }
  const std::optional<Outcome>& outcome() const { return outcome_; }
  /// The outcome is that no process could be started, and not because there was no program.
  bool never_ran() const { return never_ran_; }
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }
  /// Both streams in the order in which they came.
  const std::string& all() const { return all_; }
  /// How often progress() was called.
  int told() const { return told_; }
  int notices() const { return notices_; }
  int segments() const { return segments_; }

 private:
  void take() {
    for (;;) {
      if (!pending_ && run()->next(*this, notice_)) accept();
      if (run()->is_over_for(*this)) return finish();
      if (!pending_) return run()->wait_for_more(*this);
      if (slow_) return;
      copy();
      if (at_output) at_output(*this);
      if (!run()) return;
    }
  }

  void accept() {
    pending_ = true;
    ++notices_;
    if (notice_.lengths.empty() || notice_.lengths.size() > kMaxPieces) {
      throw std::logic_error("a notice of too few or too many pieces");
    }
    if (!notice_.new_segment) return;
    ++segments_;
    file_.reset(::fcntl(cursor().segment().reader(), F_DUPFD_CLOEXEC, 3));
    offset_ = 0;
  }

  void copy() {
    if (!std::exchange(pending_, false)) return;
    Stream stream = notice_.first;
    for (const std::uint32_t length : notice_.lengths) {
      const std::string bytes = read_at(file_.get(), offset_, length);
      if (bytes.size() != length) throw std::logic_error("less in the spool than was announced");
      (stream == Stream::out ? out_ : err_) += bytes;
      all_ += bytes;
      offset_ += length;
      stream = other(stream);
    }
  }

  void finish() {
    copy();
    outcome_ = run()->outcome();
    never_ran_ = run()->launch_failure() != nullptr;
    reducer_.leave(*this);
    if (at_outcome) at_outcome(*this);
  }

  Reducer& reducer_;
  bool slow_ = false;
  bool pending_ = false;  ///< a notice was taken and its bytes are not copied
  Notice notice_;
  UniqueFd file_;
  std::uint64_t offset_ = 0;
  std::string dismissal_;
  std::optional<Outcome> outcome_;
  bool never_ran_ = false;
  std::string out_, err_, all_;
  int told_ = 0;
  int notices_ = 0;
  int segments_ = 0;
};

}  // namespace reduce::test
