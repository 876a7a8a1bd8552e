#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/line_queue.hpp"
#include "run/clock.hpp"

namespace reduce {

/// A shell line that is started once and fed lines on its stdin. It can make nobody wait: what it
/// does not read is dropped and counted. If it ends it is started again, after a pause that grows.
class FedProgram final : public std::enable_shared_from_this<FedProgram> {
 public:
  using SayDropped = std::function<std::string(std::uint64_t)>;

  /// `warn` gets a line about each end of the program that was not asked for.
  FedProgram(boost::asio::io_context& io, std::string shell_line, SayDropped dropped,
             std::function<void(const std::string&)> warn);
  ~FedProgram();

  void start();
  /// Gives it a line, without its newline.
  void feed(std::string_view line);
  /// It gets end-of-file once it has read all, SIGTERM if it is still there after `patience`, and
  /// is not started again. `done` is called once it is gone.
  void finish(Duration patience, std::function<void()> done);

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  void launch();
  bool spawn();
  void write();
  void wait_until_writable();
  void wait_for_end();
  void ended();
  void close_input();

  const std::string shell_line_;
  const std::function<void(const std::string&)> warn_;
  std::function<void()> done_;
  LineQueue queue_;
  boost::asio::io_context& io_;
  Descriptor input_;
  Descriptor process_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer gathering_timer_;
  pid_t pid_ = -1;
  Duration pause_;
  TimePoint started_{};
  bool waiting_ = false;    ///< until its stdin takes more
  bool gathering_ = false;  ///< lines wait for company
  bool finishing_ = false;
};

}  // namespace reduce
