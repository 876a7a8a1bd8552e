#pragma once

#include <string>
#include <variant>

#include "base/unique_fd.hpp"
#include "channel/inbox.hpp"
#include "client/call.hpp"
#include "client/caught_signals.hpp"
#include "client/input.hpp"
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
/// stdout or stderr takes no more: errno value.
struct OutputFailed {
  int error;
};
/// What a conversation came to. An Ending: everything was copied, and the command ended so.
using Conclusion = std::variant<Ending, Unserved, Declined, Lost, Leave, OutputFailed>;

/// One call, from the request to how the command ended: sends the command, copies output as the
/// daemon announces it, passes signals on.
class Conversation {
 public:
  Conversation(UniqueFd socket, CaughtSignals& signals);

  /// Called once. `call` is the caller's own: its words, environment and directory.
  Conclusion run(const Call& call, Input& input);

 private:
  Result<void> send_request(const Call& call, const Input& input);
  /// What ends the conversation, if something does.
  std::optional<Conclusion> receive();
  std::optional<Conclusion> handle(const Message& message);
  std::optional<Conclusion> handle_notice(std::string_view body);
  std::optional<Conclusion> take_signal();
  std::optional<Conclusion> copy();
  void send(std::string frame);

  UniqueFd socket_;
  CaughtSignals& signals_;
  Inbox inbox_;
  Relay relay_;
  Input* input_ = nullptr;
  std::optional<Ending> ending_;
  bool blocked_ = false;     ///< the relay waits for its target
  bool lost_ = false;        ///< the daemon is gone, and there was no outcome
  bool served_ = false;      ///< something came from the daemon
  bool unanswered_ = false;  ///< a notice is not answered yet
  bool signaled_ = false;    ///< a signal was passed on: the next one ends this process
  bool verbose_ = false;
};

}  // namespace reduce
