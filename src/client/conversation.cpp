#include "client/conversation.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "channel/socket.hpp"
#include "client/own_command.hpp"
#include "client/say.hpp"

namespace reduce {
namespace {

constexpr std::size_t kLargestReply = 1 << 20;

std::string describe(const Attached& attached) {
  const std::string run = "run " + std::to_string(attached.run);
  if (attached.role == Role::started) return "started " + run;
  return "joined " + run + " (" + format_duration(attached.age) + " old, " +
         std::to_string(attached.callers) + " callers)";
}

}  // namespace

Conversation::Conversation(UniqueFd socket, CaughtSignals& signals)
    : socket_(std::move(socket)), signals_(signals), inbox_(kLargestReply) {}

Conclusion Conversation::run(const Call& call, Input& input) {
  input_ = &input;
  verbose_ = call.settings.verbose.value_or(false);
  if (auto sent = send_request(call, input); !sent) {
    // The daemon may have said why before it hung up.
    if (sent.error().code != EPIPE && sent.error().code != ECONNRESET) {
      return Declined{Remedy::run_direct, sent.error().text};
    }
  }
  for (;;) {
    // An end that is known waits for the last byte; what comes after it does not matter.
    const bool listening = !ending_ && !lost_;
    std::array<pollfd, 3> asked{{{listening ? socket_.get() : -1, POLLIN, 0},
                                 {signals_.descriptor(), POLLIN, 0},
                                 {blocked_ ? relay_.target() : -1, POLLOUT, 0}}};
    const bool copying = !relay_.is_done() && !blocked_;
    if (::poll(asked.data(), asked.size(), copying ? 0 : -1) < 0 && errno != EINTR) {
      return Lost{system_error("poll").text};
    }
    if (asked[1].revents != 0) {
      if (auto end = take_signal()) return *end;
    }
    if (asked[0].revents != 0) {
      if (auto end = receive()) return *end;
    }
    if (asked[2].revents != 0) blocked_ = false;
    if (!blocked_) {
      if (auto end = copy()) return *end;
    }
  }
}

Result<void> Conversation::send_request(const Call& call, const Input& input) {
  const OwnCommand command(call, input);
  auto directory = open_own_directory();
  if (!directory) return directory.error();
  std::string prefix;
  put_run_prefix(prefix, command.view());
  const std::string_view args = command.view().args.bytes();
  const std::string_view env = command.view().env.bytes();
  std::string head;
  put_frame_head(head, MessageType::run, prefix.size() + args.size() + env.size());
  const auto part = [](std::string_view bytes) {
    return iovec{const_cast<char*>(bytes.data()), bytes.size()};
  };
  std::array<iovec, 4> parts{part(head), part(prefix), part(args), part(env)};
  const int descriptors[] = {directory->get(), input.descriptor()};
  const std::size_t count = input.descriptor() >= 0 ? 2 : 1;
  return send_all(socket_.get(), parts, {descriptors, count});
}

std::optional<Conclusion> Conversation::receive() {
  switch (inbox_.receive(socket_.get(), MSG_DONTWAIT)) {
    case Inbox::Arrival::none:
      return std::nullopt;
    case Inbox::Arrival::reset:
      if (!served_ && !signaled_) return Unserved{};
      [[fallthrough]];
    case Inbox::Arrival::closed:
      lost_ = true;
      return std::nullopt;
    case Inbox::Arrival::bytes:
      break;
  }
  served_ = true;
  for (;;) {
    const auto message = inbox_.next();
    if (!message) return Lost{message.error().text};
    if (!*message) return std::nullopt;
    if (auto end = handle(**message)) return end;
  }
}

std::optional<Conclusion> Conversation::handle(const Message& message) {
  switch (message.type) {
    case MessageType::attached:
      if (const auto attached = parse_attached(message.body)) {
        input_->let_go();
        if (verbose_) say(describe(*attached));
        return std::nullopt;
      }
      break;
    case MessageType::notice:
      return handle_notice(message.body);
    case MessageType::outcome:
      if (auto ending = parse_ending(message.body)) {
        ending_ = std::move(*ending);
        return std::nullopt;
      }
      break;
    case MessageType::refused:
      if (const auto refused = parse_refused(message.body)) {
        return Declined{refused->remedy, std::string(refused->reason)};
      }
      break;
    case MessageType::leave:
      if (const auto signal = parse_signal(message.body)) return Leave{*signal};
      break;
    default:
      break;
  }
  return Lost{"the daemon sent a malformed message"};
}

std::optional<Conclusion> Conversation::handle_notice(std::string_view body) {
  const auto notice = parse_notice(body);
  if (!notice || unanswered_) return Lost{"the daemon sent a malformed message"};
  UniqueFd segment;
  if (notice->new_segment) {
    segment = inbox_.take_descriptor();
    // unix(7): descriptors are dropped where this process can have no more.
    if (!segment) return Lost{"no descriptor is free for the output (see ulimit -n)"};
  }
  relay_.add(*notice, std::move(segment));
  unanswered_ = true;
  return std::nullopt;
}

std::optional<Conclusion> Conversation::take_signal() {
  const auto signal = signals_.take();
  if (!signal) return std::nullopt;
  if (std::exchange(signaled_, true)) return Leave{*signal};
  std::string frame;
  put_signal(frame, *signal);
  send(std::move(frame));
  return std::nullopt;
}

std::optional<Conclusion> Conversation::copy() {
  switch (relay_.step()) {
    case Relay::Step::more:
      return std::nullopt;
    case Relay::Step::blocked:
      blocked_ = true;
      return std::nullopt;
    case Relay::Step::broken:
      return OutputFailed{relay_.error()};
    case Relay::Step::done:
      break;
  }
  if (ending_) return *std::exchange(ending_, std::nullopt);
  if (lost_) return Lost{"the daemon ended while it ran the command"};
  if (std::exchange(unanswered_, false)) {
    std::string frame;
    put_frame(frame, MessageType::caught_up, {});
    send(std::move(frame));
  }
  return std::nullopt;
}

void Conversation::send(std::string frame) {
  iovec part{frame.data(), frame.size()};
  // A daemon that is gone shows when reading.
  static_cast<void>(send_all(socket_.get(), {&part, 1}, {}));
}

}  // namespace reduce
