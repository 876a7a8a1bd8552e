#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "run/clock.hpp"

namespace reduce::test {

/// A clock that stands still until a test advances it. Outlives its timers.
class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  double time_of_day() const override { return 1e9 + seconds(now_.time_since_epoch()); }

  std::unique_ptr<Timer> after(Duration delay, std::function<void()> call) override {
    const Key key{now_ + delay, ++last_};
    due_.emplace(key, std::move(call));
    return std::make_unique<FakeTimer>(*this, key);
  }

  /// Lets time pass; timers fire in the order of their times, each at its own time; of several at
  /// one time, the one that was set first.
  void advance(Duration by) {
    const TimePoint target = now_ + by;
    while (fire_first(target)) continue;
    now_ = target;
  }

  /// Lets time pass up to the first timer, and fires it. False where none is due by `target`.
  bool fire_first(TimePoint target) {
    const auto first = due_.begin();
    if (first == due_.end() || first->first.first > target) return false;
    now_ = first->first.first;
    const auto call = std::move(first->second);
    due_.erase(first);
    call();
    return true;
  }

  /// Timers that are set and have not fired.
  std::size_t pending() const { return due_.size(); }

 private:
  using Key = std::pair<TimePoint, std::uint64_t>;

  class FakeTimer final : public Timer {
   public:
    FakeTimer(FakeClock& clock, Key key) : clock_(clock), key_(key) {}
    ~FakeTimer() override { clock_.due_.erase(key_); }

   private:
    FakeClock& clock_;
    const Key key_;
  };

  TimePoint now_{std::chrono::hours(1)};
  std::uint64_t last_ = 0;
  std::map<Key, std::function<void()>> due_;
};

}  // namespace reduce::test
