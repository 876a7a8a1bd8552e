#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "client/caught_signals.hpp"

namespace reduce {

/// A daemon that does nothing for so long is as good as none.
inline constexpr std::chrono::seconds kDaemonPatience{30};
inline constexpr const char* kNoAnswer = "the daemon does not answer (see reduce-run --doctor)";

/// How long a caller waits until its request is with a daemon: until a signal comes that is to end
/// it, or its time is up. Nothing was asked then.
class Patience {
 public:
  using Clock = std::chrono::steady_clock;
  using Moment = Clock::time_point;

  /// The time counts from here; where there is none, it has no end.
  Patience(CaughtSignals& signals, const std::optional<Duration>& time);

  /// Waits for events of poll(2) at the descriptor, -1 for none. False where they have not come
  /// before `limit` or the end of the patience.
  bool wait(int descriptor, short events, Moment limit = Moment::max());

  /// As connect_to(), while the patience lasts, and no longer than kDaemonPatience: EAGAIN then.
  Result<UniqueFd> connect(const std::string& path);

  /// A wait was given up for one of the two reasons.
  bool has_ended() const { return signal_ || late_; }
  /// Which signal that was, nothing where the time was up.
  std::optional<int> signal() const { return signal_; }
  /// When the time is up.
  std::optional<Moment> end() const { return end_; }

 private:
  CaughtSignals& signals_;
  std::optional<Moment> end_;
  std::optional<int> signal_;
  bool late_ = false;
};

/// Milliseconds from now to then as poll(2) takes them.
int poll_time(Patience::Moment then);

}  // namespace reduce
