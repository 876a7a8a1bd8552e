#include "process/asio_clock.hpp"

#include <boost/asio/steady_timer.hpp>

namespace reduce {
namespace {

class AsioTimer final : public Timer {
 public:
  AsioTimer(boost::asio::io_context& io, Duration delay, std::function<void()> call)
      : timer_(io, delay), state_(std::make_shared<State>(State{std::move(call)})) {
    timer_.async_wait([state = state_](auto fault) {
      if (fault || !state->call) return;
      const auto due = std::move(state->call);
      due();
    });
  }
  ~AsioTimer() override { state_->call = nullptr; }

 private:
  struct State {
    std::function<void()> call;
  };
  boost::asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace

TimePoint AsioClock::now() const {
  return std::chrono::steady_clock::now();
}

double AsioClock::time_of_day() const {
  return seconds(std::chrono::system_clock::now().time_since_epoch());
}

std::unique_ptr<Timer> AsioClock::after(Duration delay, std::function<void()> call) {
  return std::make_unique<AsioTimer>(io_, delay, std::move(call));
}

}  // namespace reduce
