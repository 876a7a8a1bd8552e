#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/unique_fd.hpp"
#include "run/launcher.hpp"

namespace reduce {

class ChildWatch;

/// A process of ours that runs or has ended and is not reaped yet: until then the kernel keeps its
/// id and its group's for it.
class Child final : public Process {
 public:
  /// Watches process `pid` by `pidfd`, and the reading ends of its output. Errors kill and reap it.
  static Result<std::unique_ptr<Process>> watch(boost::asio::io_context& io, pid_t pid,
                                                UniqueFd pidfd, UniqueFd out, UniqueFd err,
                                                ProcessObserver& observer);
  ~Child() override;

  pid_t pid() const override;
  void signal_group(int signal) override;
  void resume() override;

 private:
  explicit Child(std::shared_ptr<ChildWatch> watch) : watch_(std::move(watch)) {}
  std::shared_ptr<ChildWatch> watch_;
};

}  // namespace reduce
