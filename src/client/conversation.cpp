#include "client/conversation.hpp"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "channel/socket.hpp"
#include "client/request.hpp"
#include "client/say.hpp"

namespace reduce {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestReply = 1 << 20;
/// Between two words to the daemon while a long notice is copied.
constexpr auto kMovingPause = std::chrono::milliseconds(200);
/// How long a caller on a terminal waits in silence.
constexpr auto kPatience = std::chrono::seconds(1);

/// Looks at whether the daemon reads of a signal, or the request.
constexpr int kLooksAtSignal = 5;
constexpr std::chrono::seconds kSignalPause{1};
constexpr int kLooksAtRequest = 6;
constexpr std::chrono::seconds kRequestPause = kDaemonPatience / kLooksAtRequest;

/// On stderr, unless that would wait: a terminal's user may have stopped it (Ctrl-S).
bool write_at_once(std::string_view text) {
  pollfd asked{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&asked, 1, 0) > 0 && ::write(STDERR_FILENO, text.data(), text.size()) > 0;
}

std::string describe(const Attached& attached) {
  const std::string run = "run " + std::to_string(attached.run);
  const std::string note = attached.note.empty() ? "" : "; " + attached.note;
  if (attached.role == Role::started) return "started " + run + note;
  return "joined " + run + " (" + format_duration(attached.age) + " old, " +
         std::to_string(attached.callers) + " callers)";
}

}  // namespace

std::optional<Conclusion> conclusion_of(const Patience& patience) {
  if (!patience.has_ended()) return std::nullopt;
  if (patience.signal()) return Leave{*patience.signal()};
  return WaitedTooLong{};
}

Conversation::Conversation(UniqueFd socket, CaughtSignals& signals, Patience& patience)
    : socket_(std::move(socket)), signals_(signals), patience_(patience), inbox_(kLargestReply) {}

Conclusion Conversation::run(const Call& call, Input& input, bool already_sent) {
  input_ = &input;
  verbose_ = call.settings.verbose.value_or(false);
  set_clock(call.settings);
  life_.begin(Clock::now(), kLooksAtRequest, kRequestPause);
  if (!already_sent) {
    const auto sent = send_request(call, input);
    if (auto end = conclusion_of(patience_)) return *end;
    if (!sent) return Declined{Remedy::run_direct, sent.error().text};
  }
  for (;;) {
    // An end that is known waits for the last byte; what comes after it does not matter.
    const bool listening = !ending_ && !lost_;
    const short of_socket = outgoing_.empty() ? POLLIN : POLLIN | POLLOUT;
    std::array<pollfd, 3> asked{{{listening ? socket_.get() : -1, of_socket, 0},
                                 {signals_.descriptor(), POLLIN, 0},
                                 {blocked_ ? relay_.target() : -1, POLLOUT, 0}}};
    const bool copying = !relay_.is_done() && !blocked_;
    if (::poll(asked.data(), asked.size(), copying ? 0 : poll_timeout()) < 0 && errno != EINTR) {
      return Lost{system_error("poll").text};
    }
    if (asked[1].revents != 0) {
      if (auto end = take_signal()) return *end;
    }
    if ((asked[0].revents & POLLOUT) != 0) flush();
    if (asked[0].revents != 0) {
      if (auto end = receive()) return *end;
    }
    if (auto end = look_at_clock()) return *end;
    if (asked[2].revents != 0) blocked_ = false;
    if (!blocked_) {
      if (auto end = copy()) return *end;
    }
  }
}

Result<void> Conversation::send_request(const Call& call, const Input& input) {
  const auto await_room = [this](int socket) {
    return patience_.wait(socket, POLLOUT, Clock::now() + kDaemonPatience);
  };
  auto sent = reduce::send_request(socket_.get(), call, input, false, await_room);
  if (sent) return {};
  // The daemon may have said why before it hung up.
  cut_ = sent.error().code == EPIPE || sent.error().code == ECONNRESET;
  if (sent.error().code == EAGAIN) return make_error(kNoAnswer);
  return cut_ ? Result<void>() : sent;
}

std::optional<Conclusion> Conversation::receive() {
  const auto arrival = inbox_.receive(socket_.get(), MSG_DONTWAIT);
  switch (arrival) {
    case Inbox::Arrival::none:
      return std::nullopt;
    case Inbox::Arrival::reset:
    case Inbox::Arrival::closed:
      if (!served_ && (cut_ || arrival == Inbox::Arrival::reset)) {
        // Asked elsewhere again, but for a user who wants it ended.
        if (signaled_) return Leave{*signaled_};
        return Unserved{};
      }
      erase_waiting();
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
        if (verbose_ && !attached_) say(describe(*attached));
        if (!attached_) attached_ = *attached;
        show_waiting(*attached);
        return std::nullopt;
      }
      break;
    case MessageType::notice:
      return handle_notice(message.body);
    case MessageType::outcome:
      erase_waiting();
      if (auto ending = parse_ending(message.body)) {
        ending_ = std::move(*ending);
        return std::nullopt;
      }
      break;
    case MessageType::refused:
      if (const auto refused = parse_refused(message.body)) {
        // What was refused is not run for a user who wants it ended.
        if (signaled_) return Leave{*signaled_};
        return Declined{refused->remedy, std::string(refused->reason)};
      }
      break;
    case MessageType::leave:
      erase_waiting();
      if (const auto signal = parse_signal(message.body)) return Leave{*signal};
      break;
    default:
      break;
  }
  return Lost{"the daemon sent a malformed message"};
}

std::optional<Conclusion> Conversation::handle_notice(std::string_view body) {
  erase_waiting();
  ask_who_at_.reset();
  // What has been copied cannot be taken back: it is too late to run the command anew.
  if (runs_instead_) give_up_at_.reset();
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
  if (signaled_) {
    erase_waiting();
    return Leave{*signal};
  }
  signaled_ = *signal;
  std::string frame;
  put_signal(frame, *signal);
  send(frame);
  life_.begin(Clock::now(), kLooksAtSignal, kSignalPause);
  return std::nullopt;
}

std::optional<Conclusion> Conversation::copy() {
  switch (relay_.step()) {
    case Relay::Step::more:
      say_moving();
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
    send(frame);
  }
  return std::nullopt;
}

/// A reader may be slow: the daemon is told that it is there.
void Conversation::say_moving() {
  const auto now = Clock::now();
  if (now < say_moving_at_) return;
  const bool first = say_moving_at_ == Clock::time_point();
  say_moving_at_ = now + kMovingPause;
  if (first || !outgoing_.empty()) return;
  std::string frame;
  put_frame(frame, MessageType::moving, {});
  send(frame);
}

void Conversation::set_clock(const Settings& settings) {
  runs_instead_ = settings.on_wait_timeout == OnWaitTimeout::run;
  give_up_at_ = patience_.end();
  const bool watched = !settings.quiet.value_or(false) && ::isatty(STDERR_FILENO);
  if (watched) ask_who_at_ = Clock::now() + kPatience;
}

int Conversation::poll_timeout() const {
  auto next = Clock::time_point::max();
  for (const auto& due : {give_up_at_, ask_who_at_, life_.due()}) {
    if (due) next = std::min(next, *due);
  }
  return poll_time(next);
}

std::optional<Conclusion> Conversation::look_at_clock() {
  if (!give_up_at_ && !ask_who_at_ && !life_.due()) return std::nullopt;
  const auto now = Clock::now();
  if (life_.due() && now >= *life_.due()) {
    if (auto end = look_for_life(now)) return end;
  }
  if (give_up_at_ && now >= *give_up_at_ && !ending_) {
    erase_waiting();
    std::string frame;
    put_frame(frame, MessageType::tired, {});
    send(frame);
    return WaitedTooLong{};
  }
  if (ask_who_at_ && now >= *ask_who_at_) {
    ask_who_at_ = now + kPatience;
    // A daemon that does not read is not asked over and over.
    if (!outgoing_.empty()) return std::nullopt;
    std::string frame;
    put_frame(frame, MessageType::who, {});
    send(frame);
  }
  return std::nullopt;
}

std::optional<Conclusion> Conversation::look_for_life(Clock::time_point now) {
  const bool matters = !ending_ && !lost_ && (!served_ || signaled_);
  if (!life_.look(now, matters && is_unread())) return std::nullopt;
  erase_waiting();
  // Who sends one signal, as timeout(1) does, does not wait for a daemon that hangs.
  if (signaled_) return Leave{*signaled_};
  return Declined{Remedy::run_direct, kNoAnswer};
}

/// Whether the daemon has not read all that was sent to it.
bool Conversation::is_unread() const {
  int unread = 0;
  // Of a Unix socket it is what the other end holds and has not read (unix_ioctl() in Linux).
  return !outgoing_.empty() || (::ioctl(socket_.get(), SIOCOUTQ, &unread) == 0 && unread > 0);
}

/// Whose run it is that this caller waits for without a word, on a line that goes away again.
void Conversation::show_waiting(const Attached& attached) {
  if (!ask_who_at_ || attached.role != Role::joined || attached.age < kPatience) return;
  const std::string line = "\r\033[Kreduce-run: waiting for run " + std::to_string(attached.run) +
                           ", " + format_duration(attached.age) + " old, " +
                           std::to_string(attached.callers) + " callers";
  shown_ = write_at_once(line);
}

void Conversation::erase_waiting() {
  if (!std::exchange(shown_, false)) return;
  shown_ = !write_at_once("\r\033[K");
}

void Conversation::send(const std::string& frame) {
  outgoing_ += frame;
  flush();
}

/// Sends what the socket takes now: whatever the daemon does, this process sees to its signals.
void Conversation::flush() {
  const iovec part{outgoing_.data(), outgoing_.size()};
  const ssize_t sent = send_with(socket_.get(), {&part, 1}, {}, MSG_DONTWAIT);
  if (sent > 0) outgoing_.erase(0, static_cast<std::size_t>(sent));
  // A daemon that is gone shows when reading.
  if (sent < 0 && errno != EAGAIN) outgoing_.clear();
}

}  // namespace reduce
