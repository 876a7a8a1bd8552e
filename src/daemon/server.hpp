#pragma once

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "command/identity.hpp"
#include "daemon/observers.hpp"
#include "daemon/session.hpp"
#include "daemon/socket_claim.hpp"
#include "daemon/suitability.hpp"
#include "process/asio_clock.hpp"
#include "process/asio_launcher.hpp"
#include "run/reducer.hpp"

namespace reduce {

/// How a daemon is to behave: the program's options.
struct ServerSettings {
  std::optional<Duration> idle_exit;      ///< ends after this long without calls
  std::optional<Duration> drain_timeout;  ///< runs are stopped if they take longer to end
  std::size_t largest_request = 8 << 20;  ///< bytes
  std::ptrdiff_t most_arguments = 100'000;
  Duration request_timeout = std::chrono::seconds(10);
  std::size_t connections = 12'000;
  std::size_t callers = 10000;
  std::size_t runs = 1000;
  std::size_t lookers_on = 100;  ///< sessions that hear of events
  Duration stall_timeout = std::chrono::seconds(60);
  SegmentStore::Settings spool;
  Observers::Settings observers;
};

/// The place where the parts meet: accepts callers, gives them to the reducer, and ends gracefully.
class Server final : private SessionHost {
 public:
  /// `signals` is a signalfd(2): SIGTERM and SIGINT end the daemon gracefully, a second one stops
  /// the runs too.
  Server(ServerSettings settings, SocketClaim claim, UniqueFd signals);

  /// Serves until the daemon is told to end or is idle for long enough.
  void run();

 private:
  std::optional<Refused> admit(Session& session, const CommandView& command, UniqueFd cwd,
                               UniqueFd input) override;
  void leave(Session& session) override;
  bool pass_signal(Session& session, int signal) override;
  Result<std::string> explain(Session& session, const CommandView& command, UniqueFd cwd) override;
  Result<std::string> answer(const Query& query) override;
  void hand_over(Session& session) override;
  std::optional<Refused> observe(Session& session) override;
  void tire(Session& session) override;
  std::string line_on_dropped(std::uint64_t count) override;
  void closed(Session& session) override;

  void wait_for_callers();
  /// Accepts whoever has connected; one of them may tell the daemon to end. False where accepting
  /// must pause.
  bool accept_waiting();
  void add_session(UniqueFd socket);
  /// Tells who has connected that it is not served, if it listens.
  void refuse(int socket, const std::string& reason);
  void wait_for_signals();
  void drain();
  void drain_runs();
  void stop_all();
  void hurry_callers();
  void cut_off_all();
  /// All that there are now: more or fewer may be there after the first was told something.
  std::vector<std::shared_ptr<Session>> all_sessions() const;
  void check_idle();
  void end_if_drained();
  void end();
  void finish();
  Result<std::string> take_statistics(std::string_view how);
  /// Sessions that are there for a run or an answer.
  bool is_asked() const { return sessions_.size() > looking_on_.size(); }
  std::optional<Refused> decline(const CommandView& command, const Place& place, Remedy remedy);

  const ServerSettings settings_;
  const uid_t uid_ = ::geteuid();
  const std::string instance_;  ///< tells this daemon's runs from another's
  boost::asio::io_context io_;
  AsioClock clock_;
  AsioLauncher launcher_;
  SegmentStore store_;
  const Suitability suitability_;
  Observers observers_;
  Reducer reducer_;
  SocketClaim claim_;
  boost::asio::posix::stream_descriptor listener_;
  boost::asio::posix::stream_descriptor signals_;
  boost::asio::steady_timer accept_pause_;
  boost::asio::steady_timer idle_;
  boost::asio::steady_timer drain_deadline_;
  boost::asio::steady_timer drain_pause_;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  std::unordered_map<Session*, int> looking_on_;  ///< with their numbers at the feed of events
  Identity identity_;                             ///< of the request at hand; kept for its capacity
  std::string reason_;                            ///< of the refusal at hand
  bool draining_ = false;
  bool stopped_ = false;
  bool ended_ = false;
  bool finished_ = false;
};

}  // namespace reduce
