#pragma once

#include <chrono>
#include <optional>

namespace reduce {

/// Whether a daemon that has something to read reads it. It counts as one that hangs where it has
/// not at so many looks one after another, and not at one look after some time: both ends may have
/// been stopped meanwhile, and the daemon may go on last.
class LifeWatch {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// From `now` on: so many looks, one after each pause.
  void begin(Moment now, int looks, std::chrono::seconds pause) {
    looks_left_ = looks;
    pause_ = pause;
    due_ = now + pause;
  }
  /// When the next look is due, nothing where none is.
  const std::optional<Moment>& due() const { return due_; }
  /// Called when one is due, with what it shows. True where the daemon hangs.
  bool look(Moment now, bool is_unread) {
    due_.reset();
    if (!is_unread) return false;
    if (--looks_left_ == 0) return true;
    due_ = now + pause_;
    return false;
  }

 private:
  int looks_left_ = 0;
  std::chrono::seconds pause_{};
  std::optional<Moment> due_;
};

}  // namespace reduce
