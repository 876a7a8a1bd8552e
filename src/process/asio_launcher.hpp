#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/unique_fd.hpp"
#include "run/launcher.hpp"

namespace reduce {

/// Starts real processes and watches them in the event loop.
class AsioLauncher final : public Launcher {
 public:
  /// The loop outlives the launcher and all its processes' watches.
  explicit AsioLauncher(boost::asio::io_context& io);

  std::variant<std::unique_ptr<Process>, LaunchFailure> launch(const Command& command, RunId id,
                                                               ProcessObserver& observer) override;

 private:
  boost::asio::io_context& io_;
  UniqueFd empty_input_;
  const pid_t daemon_;
};

}  // namespace reduce
