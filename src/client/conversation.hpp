#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "base/unique_fd.hpp"
#include "channel/inbox.hpp"
#include "client/call.hpp"
#include "client/caught_signals.hpp"
#include "client/input.hpp"
#include "client/life_watch.hpp"
#include "client/patience.hpp"
#include "client/relay.hpp"
#include "wire/message.hpp"

namespace reduce {

/// The daemon ended before it read the request: nothing was run for it, ask another.
struct Unserved {};
/// The daemon does not serve this call, and says what to do.
struct Declined {
  Remedy remedy;
  std::string reason;
};
/// The daemon was lost while it served the call, or does not speak as it should.
struct Lost {
  std::string reason;
};
/// This caller is to end by a signal: its own, while others go on waiting.
struct Leave {
  int signal;
};
/// The caller waited for as long as it wanted to.
struct WaitedTooLong {};
/// stdout or stderr takes no more: errno value.
struct OutputFailed {
  int error;
};
/// What a conversation came to. An Ending: everything was copied, and the command ended so.
using Conclusion =
    std::variant<Ending, Unserved, Declined, Lost, Leave, WaitedTooLong, OutputFailed>;

/// What the end of the patience comes to, nothing while it lasts.
std::optional<Conclusion> conclusion_of(const Patience& patience);

/// One call, from the request to how the command ended: sends the command, copies output as the
/// daemon announces it, passes signals on.
class Conversation {
 public:
  Conversation(UniqueFd socket, CaughtSignals& signals, Patience& patience);

  /// Called once. `call` is the caller's own: its words, environment and directory.
  /// `sent`: the request has been sent on the socket already.
  Conclusion run(const Call& call, Input& input, bool sent);

  /// Which run served the call, as far as the daemon has said; it does where that is asked for.
  const std::optional<Attached>& attached() const { return attached_; }
  /// Since it began.
  Duration age() const { return std::chrono::steady_clock::now() - begun_; }

 private:
  Result<void> send_request(const Call& call, const Input& input);
  /// What ends the conversation, if something does.
  std::optional<Conclusion> receive();
  std::optional<Conclusion> handle(const Message& message);
  std::optional<Conclusion> handle_notice(std::string_view body);
  std::optional<Conclusion> take_signal();
  std::optional<Conclusion> copy();
  /// What is due by now: the end of the wait, a look at what it is that is waited for, or at
  /// whether the daemon does anything.
  std::optional<Conclusion> look_at_clock();
  std::optional<Conclusion> look_for_life(std::chrono::steady_clock::time_point now);
  bool is_unread() const;
  void say_moving();
  int poll_timeout() const;
  void set_clock(const Settings& settings);
  void show_waiting(const Attached& attached);
  void erase_waiting();
  void send(const std::string& frame);
  void flush();

  UniqueFd socket_;
  CaughtSignals& signals_;
  Patience& patience_;
  Inbox inbox_;
  Relay relay_;
  std::string outgoing_;  ///< what the socket has not taken yet
  Input* input_ = nullptr;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::optional<Attached> attached_;
  std::optional<Ending> ending_;
  bool cut_ = false;             ///< the daemon hung up before it had the whole request
  bool blocked_ = false;         ///< the relay waits for its target
  bool lost_ = false;            ///< the daemon is gone, and there was no outcome
  bool served_ = false;          ///< something came from the daemon
  bool unanswered_ = false;      ///< a notice is not answered yet
  std::optional<int> signaled_;  ///< the signal that was passed on: the next one ends this process
  bool verbose_ = false;
  bool runs_instead_ = false;  ///< when it has waited for long enough
  bool shown_ = false;         ///< the transient line is on the terminal
  std::chrono::steady_clock::time_point say_moving_at_{};
  std::optional<std::chrono::steady_clock::time_point> give_up_at_;
  std::optional<std::chrono::steady_clock::time_point> ask_who_at_;
  LifeWatch life_;
};

}  // namespace reduce
