#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/unique_fd.hpp"
#include "run/launcher.hpp"

namespace reduce {

/// Starts real processes and watches them in the event loop.
class AsioLauncher final : public Launcher {
 public:
  /// The loop outlives the launcher and all its processes' watches. `instance` tells this daemon's
  /// runs from another's, see run/chain.hpp.
  AsioLauncher(boost::asio::io_context& io, std::string instance);

  std::variant<std::unique_ptr<Process>, LaunchFailure> launch(const Command& command, RunId id,
                                                               ProcessObserver& observer) override;

 private:
  boost::asio::io_context& io_;
  const std::string instance_;
  UniqueFd empty_input_;
  const pid_t daemon_;
};

}  // namespace reduce
