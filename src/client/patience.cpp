#include "client/patience.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "channel/socket.hpp"

namespace reduce {
namespace {

/// Between two looks at the signals while a daemon accepts nobody: connect(2) is no event.
constexpr auto kLook = std::chrono::milliseconds(50);

}  // namespace

Patience::Patience(CaughtSignals& signals, const std::optional<Duration>& time)
    : signals_(signals) {
  if (time) end_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(*time);
}

bool Patience::wait(int descriptor, short events, Moment limit) {
  const Moment end = std::min(limit, end_.value_or(Moment::max()));
  while (!has_ended()) {
    std::array<pollfd, 2> asked{{{signals_.descriptor(), POLLIN, 0}, {descriptor, events, 0}}};
    const int ready = ::poll(asked.data(), asked.size(), poll_time(end));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && asked[0].revents != 0) signal_ = signals_.take();
    if (signal_) return false;
    if (ready > 0 && asked[1].revents != 0) return true;
    const Moment now = Clock::now();
    late_ = end_ && now >= *end_;
    if (now >= limit) return false;
  }
  return false;
}

Result<UniqueFd> Patience::connect(const std::string& path) {
  const Moment limit = Clock::now() + kDaemonPatience;
  for (;;) {
    auto socket = connect_to(path, kLook);
    if (socket || socket.error().code != EAGAIN) return socket;
    wait(-1, 0, Clock::now());
    if (has_ended() || Clock::now() >= limit) return socket;
  }
}

int poll_time(Patience::Moment then) {
  if (then == Patience::Moment::max()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(then - Patience::Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace reduce
