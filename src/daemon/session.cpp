#include "daemon/session.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#include <optional>

#include "daemon/refusal.hpp"
#include "run/run.hpp"

namespace reduce {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

/// Bytes of events that wait for one reader.
constexpr std::size_t kMostEvents = 1 << 20;

Attached attached_of(const Caller& caller, Duration age) {
  const Run& run = *caller.run();
  return {run.id(), caller.role(), run.served(), age, {}};
}

/// A descriptor with content comes exactly where its digest does. One that could make the process
/// wait, or that others could fill, is none.
bool is_input_of(const CommandView& command, const UniqueFd& input) {
  if (command.options.input_digest.empty()) return !input;
  struct stat status {};
  return input && ::fstat(input.get(), &status) == 0 && S_ISREG(status.st_mode);
}

/// Why what came is no request. One that is only too large can be run without the daemon.
Refused refusal_of(const Error& error, std::string& reason) {
  const bool is_large = error.code == EMSGSIZE;
  reason = error.text + (is_large ? " (see reduced --max-request)" : "");
  return {is_large ? Remedy::run_direct : Remedy::give_up, reason};
}

}  // namespace

Session::Session(boost::asio::io_context& io, UniqueFd socket, const Peer& peer, SessionHost& host,
                 const Limits& limits)
    : socket_(io),
      retry_(io),
      request_timeout_(limits.request_timeout),
      peer_(peer),
      host_(host),
      inbox_(limits.largest_request) {
  boost::system::error_code fault;
  socket_.assign(socket.get(), fault);
  if (!fault) socket.release();
}

void Session::start() {
  readable();
  if (!asked_ && socket_.is_open()) limit_silence();
}

/// Most requests are there when their connection is accepted: no timer for those.
void Session::limit_silence() {
  silence_ = std::make_unique<boost::asio::steady_timer>(socket_.get_executor(), request_timeout_);
  silence_->async_wait([weak = weak_from_this()](auto fault) {
    const auto self = weak.lock();
    if (fault || !self || self->asked_ || !self->socket_.is_open()) return;
    put_refused(self->outgoing_, {Remedy::run_direct, "the request was not there within " +
                                                          format_duration(self->request_timeout_) +
                                                          " (see reduced --request-timeout)"});
    self->end_when_flushed();
  });
}

void Session::wait_for_bytes() {
  socket_.async_wait(Descriptor::wait_read, [self = shared_from_this()](auto fault) {
    if (!fault && self->socket_.is_open() && !self->ending_) self->readable();
  });
}

void Session::readable() {
  take_what_came();
  if (socket_.is_open() && !ending_) wait_for_bytes();
}

/// Who asks for more than there is memory for is let go, and nobody else.
void Session::take_what_came() {
  try {
    take_messages();
  } catch (const std::bad_alloc&) {
    close();
  }
}

void Session::take_messages() {
  const Inbox::Arrival arrival = inbox_.receive(socket_.native_handle(), MSG_DONTWAIT);
  // It has seen enough, and wants what has happened until now.
  if (arrival == Inbox::Arrival::closed && is_observer()) return end_observer();
  if (arrival == Inbox::Arrival::closed || arrival == Inbox::Arrival::reset) return close();
  for (;;) {
    // Only a request has any; and with the other end of its own connection this one never saw it
    // go.
    if (asked_) inbox_.drop_descriptors();
    const auto message = inbox_.next();
    if (!message) {
      std::string reason;
      put_refused(outgoing_, refusal_of(message.error(), reason));
      return end_when_flushed();
    }
    if (!*message) return;
    if (!handle(**message)) return end_when_flushed();
    if (!socket_.is_open()) return;
  }
}

bool Session::handle(const Message& message) {
  silence_.reset();
  switch (message.type) {
    case MessageType::run:
      return !asked_ && handle_run(message.body);
    case MessageType::query:
      return !asked_ && handle_query(message.body);
    case MessageType::caught_up:
      if (!run() || !unanswered_) return false;
      unanswered_ = false;
      progress();
      return true;
    case MessageType::who:
      return tell_who(run() ? run()->age() : Duration::zero());
    case MessageType::signal:
      return handle_signal(message.body);
    case MessageType::moving:
      if (!run()) return false;
      run()->note_moving(*this);
      return true;
    case MessageType::tired:
      if (run()) host_.tire(*this);
      return false;
    default:
      return false;
  }
}

bool Session::handle_run(std::string_view body) {
  asked_ = true;
  const auto command = parse_run(body);
  UniqueFd cwd = inbox_.take_descriptor();
  UniqueFd input = inbox_.take_descriptor();
  if (!command || !cwd || !is_input_of(*command, input)) {
    const bool lost = command && inbox_.has_lost_descriptors();
    put_refused(outgoing_, lost ? Refused{Remedy::run_direct, kShortOfDescriptors}
                                : Refused{Remedy::give_up, "malformed request"});
    return false;
  }
  if (command->options.explain) return handle_explain(*command, std::move(cwd));
  if (const auto refused = host_.admit(*this, *command, std::move(cwd), std::move(input))) {
    put_refused(outgoing_, *refused);
    return false;
  }
  // A run that could not even start has told its end by now, and this session is over.
  if (!run()) return true;
  if (command->options.announce) tell_who(age_at_join());
  if (run()) progress();
  return true;
}

bool Session::tell_who(Duration age) {
  if (!run()) return false;
  // One that does not read what it asks for gets no more of it; it asks again.
  if (!outgoing_.empty()) return true;
  Attached attached = attached_of(*this, age);
  attached.note = note_;
  put_attached(outgoing_, attached);
  flush();
  return true;
}

bool Session::handle_explain(const CommandView& command, UniqueFd cwd) {
  reply(host_.explain(*this, command, std::move(cwd)));
  return false;
}

bool Session::handle_signal(std::string_view body) {
  const auto signal = parse_signal(body);
  if (!signal || !run()) return false;
  if (!host_.pass_signal(*this, *signal)) {
    put_leave(outgoing_, *signal);
    return false;
  }
  return true;
}

bool Session::handle_query(std::string_view body) {
  asked_ = true;
  const auto query = parse_query(body);
  if (!query) return false;
  if (query->kind == QueryKind::events) {
    events_ = std::make_unique<LineQueue>(
        kMostEvents, [this](std::uint64_t count) { return host_.line_on_dropped(count); });
    const auto refused = host_.observe(*this);
    if (refused) {
      events_.reset();
      put_refused(outgoing_, *refused);
    }
    return !refused;
  }
  if (query->kind == QueryKind::hand_over) {
    host_.hand_over(*this);
    return false;
  }
  reply(host_.answer(*query));
  return false;
}

void Session::reply(const Result<std::string>& answer) {
  if (answer) {
    put_frame(outgoing_, MessageType::reply, *answer);
  } else {
    put_refused(outgoing_, {Remedy::give_up, answer.error().text});
  }
}

void Session::progress() {
  const auto self = shared_from_this();
  Run& run = *this->run();
  static thread_local Notice notice;
  int descriptor = -1;
  if (!unanswered_ && run.next(*this, notice)) {
    put_notice(outgoing_, notice);
    if (notice.new_segment) descriptor = cursor().segment().reader();
    unanswered_ = true;
  }
  const bool over = run.is_over_for(*this);
  if (over) {
    put_end();
    ending_ = true;
  }
  if (over || unanswered_) {
    flush(descriptor);
  } else {
    run.wait_for_more(*this);
  }
}

/// A command that never began can still be run without the daemon.
void Session::put_end() {
  const Run& run = *this->run();
  if (const auto* failure = run.launch_failure()) {
    put_refused(outgoing_, {Remedy::run_direct, failure->reason});
  } else {
    put_ending(outgoing_, {*run.outcome(), attached_of(*this, age_at_join()), run.duration()});
  }
}

void Session::dismiss(const std::string& reason) {
  const auto self = shared_from_this();
  put_refused(outgoing_, {Remedy::give_up, reason});
  end_when_flushed();
}

}  // namespace reduce
