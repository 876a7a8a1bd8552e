#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "base/line_queue.hpp"
#include "base/unique_fd.hpp"
#include "channel/inbox.hpp"
#include "channel/socket.hpp"
#include "run/caller.hpp"
#include "wire/message.hpp"

namespace reduce {

class Session;

/// What sessions need of the server that they belong to.
class SessionHost {
 public:
  /// The call that a session carries asks for a command: gives the session a run, or says why not.
  /// `input`: see Place.
  virtual std::optional<Refused> admit(Session& session, const CommandView& command, UniqueFd cwd,
                                       UniqueFd input) = 0;
  virtual void leave(Session& session) = 0;
  virtual bool pass_signal(Session& session, int signal) = 0;
  /// What counts in a command and what is in flight like it, as JSON; or why that cannot be said.
  virtual Result<std::string> explain(Session& session, const CommandView& command,
                                      UniqueFd cwd) = 0;
  /// Something is asked of the daemon itself: the answer, as JSON, or why there is none.
  virtual Result<std::string> answer(const Query& query) = 0;
  /// Another daemon asks for the socket: it gets it on the session's connection, and this one
  /// drains.
  virtual void hand_over(Session& session) = 0;
  /// The session wants to hear of what happens, by Session::tell_event(), until it is closed; or
  /// why it may not.
  virtual std::optional<Refused> observe(Session& session) = 0;
  /// Its caller's patience has ended.
  virtual void tire(Session& session) = 0;
  /// The line that stands for so many that were dropped.
  virtual std::string line_on_dropped(std::uint64_t count) = 0;
  /// The session has ended and wants to be forgotten.
  virtual void closed(Session& session) = 0;

 protected:
  ~SessionHost() = default;
};

/// The daemon's end of one connection: reads a request, then tells the caller how far its run has
/// come. At most one notice is unanswered at any time, so nothing queues up for a slow caller.
class Session final : public Caller, public std::enable_shared_from_this<Session> {
 public:
  struct Limits {
    std::size_t largest_request = 0;  ///< bytes
    Duration request_timeout{};       ///< for the whole request to come
  };
  Session(boost::asio::io_context& io, UniqueFd socket, const Peer& peer, SessionHost& host,
          const Limits& limits);

  /// False where the event loop cannot take it: then it is good for nothing.
  bool is_open() const { return socket_.is_open(); }
  /// Reads what is there already, and goes on in the event loop.
  void start();
  void progress() override;
  void dismiss(const std::string& reason) override;
  /// The daemon is about to end: one whose request is not there yet is to ask elsewhere.
  void turn_away();
  /// Its run's end is known: it is cut off where it was told so before and is still there.
  void hurry(const char* reason);
  /// Ends it now, with a word on why if that can be sent.
  void cut_off(const std::string& reason);
  const Peer& peer() const { return peer_; }
  /// What kept this caller apart from a run of the same arguments; it is told where it asks.
  void set_note(std::string note) { note_ = std::move(note); }
  int socket() { return socket_.native_handle(); }

  /// It waits for no run: it only looks on.
  bool is_observer() const { return events_ != nullptr; }
  /// One line, which a slow reader may not get: then it gets `dropped`'s word on how many.
  void tell_event(std::string_view line);
  /// Ends it once it has all that was told.
  void end_observer();

 private:
  void wait_for_bytes();
  void limit_silence();
  void readable();
  void take_what_came();
  void take_messages();
  /// False where the connection must end.
  bool handle(const Message& message);
  bool handle_run(std::string_view body);
  bool handle_signal(std::string_view body);
  bool handle_query(std::string_view body);
  bool handle_explain(const CommandView& command, UniqueFd cwd);
  bool tell_who(Duration age);
  void reply(const Result<std::string>& answer);
  bool take_events();
  void put_end();

  /// Sends what is in outgoing_ as far as it goes; the rest follows when it can. `descriptor` goes
  /// with the first byte and stays the caller's.
  void flush(int descriptor = -1);
  void continue_after(int fault);
  bool keep_for_later(int descriptor);
  void end_when_flushed();
  void close();

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer retry_;
  std::unique_ptr<boost::asio::steady_timer> silence_;  ///< runs until the request has come
  const Duration request_timeout_;
  const Peer peer_;
  SessionHost& host_;
  Inbox inbox_;
  std::string note_;
  std::unique_ptr<LineQueue> events_;
  std::unique_ptr<boost::asio::steady_timer> gathering_;  ///< while events wait for company
  std::string outgoing_;
  UniqueFd outgoing_descriptor_;
  bool sending_later_ = false;  ///< outgoing_ goes on once it can
  bool unanswered_ = false;     ///< a notice is out and the caller has not said that it caught up
  bool asked_ = false;          ///< the one request of this connection has come
  bool hurried_ = false;        ///< the daemon waits for nothing else than this
  bool ending_ = false;         ///< to be closed once all is sent
  bool told_end_ = false;       ///< events: their end is among what is sent
};

}  // namespace reduce
