#pragma once

#include <boost/asio/io_context.hpp>

#include "run/clock.hpp"

namespace reduce {

/// The event loop's time.
class AsioClock final : public Clock {
 public:
  explicit AsioClock(boost::asio::io_context& io) : io_(io) {}
  TimePoint now() const override;
  double time_of_day() const override;
  std::unique_ptr<Timer> after(Duration delay, std::function<void()> call) override;

 private:
  boost::asio::io_context& io_;
};

}  // namespace reduce
