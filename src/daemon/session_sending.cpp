// What a session sends, and its end.

#include <fcntl.h>
#include <sys/socket.h>

#include <utility>

#include "daemon/session.hpp"
#include "run/run.hpp"

namespace reduce {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

constexpr auto kRetryDelay = std::chrono::milliseconds(20);

}  // namespace

void Session::tell_event(std::string_view line) {
  if (ending_) return;
  events_->push(line);
  const bool enough = events_->bytes().size() >= LineQueue::kEnough;
  if (gathering_ && !enough) return;
  if (enough) {
    gathering_.reset();
    if (outgoing_.empty()) flush();
    return;
  }
  gathering_ =
      std::make_unique<boost::asio::steady_timer>(socket_.get_executor(), LineQueue::kGathering);
  gathering_->async_wait([weak = weak_from_this()](auto fault) {
    const auto self = weak.lock();
    if (fault || !self) return;
    self->gathering_.reset();
    if (self->socket_.is_open() && self->outgoing_.empty()) self->flush();
  });
}

void Session::end_observer() {
  ending_ = true;
  if (outgoing_.empty()) flush();
}

/// Makes a message of lines that wait, at the end an empty one. False where there is none.
bool Session::take_events() {
  if (!events_) return false;
  if (events_->empty() && (!ending_ || std::exchange(told_end_, true))) return false;
  put_frame(outgoing_, MessageType::events, events_->bytes());
  events_->pop(events_->bytes().size());
  return true;
}

void Session::flush(int descriptor) {
  if (descriptor >= 0 && sending_later_ && !keep_for_later(descriptor)) return close();
  if (sending_later_) return;
  if (outgoing_descriptor_) descriptor = outgoing_descriptor_.get();
  while (!outgoing_.empty() || take_events()) {
    const iovec part{outgoing_.data(), outgoing_.size()};
    const std::span<const int> descriptors(&descriptor, descriptor >= 0 ? 1 : 0);
    const ssize_t sent = send_with(socket_.native_handle(), {&part, 1}, descriptors, MSG_DONTWAIT);
    if (sent < 0) {
      const int fault = errno;
      if (descriptor >= 0 && !keep_for_later(descriptor)) return close();
      return continue_after(fault);
    }
    descriptor = -1;
    outgoing_descriptor_.reset();
    outgoing_.erase(0, static_cast<std::size_t>(sent));
  }
  outgoing_ = std::string();
  if (ending_) close();
}

bool Session::keep_for_later(int descriptor) {
  if (!outgoing_descriptor_) outgoing_descriptor_.reset(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
  return static_cast<bool>(outgoing_descriptor_);
}

void Session::continue_after(int fault) {
  sending_later_ = true;
  const auto go_on = [self = shared_from_this()](auto failed) {
    self->sending_later_ = false;
    if (!failed && self->socket_.is_open()) self->flush();
  };
  if (fault == EAGAIN) {
    socket_.async_wait(Descriptor::wait_write, go_on);
  } else if (fault == ETOOMANYREFS || fault == ENOBUFS || fault == ENOMEM) {
    // unix(7): ETOOMANYREFS where too many descriptors are under way to callers at once.
    retry_.expires_after(kRetryDelay);
    retry_.async_wait(go_on);
  } else {
    close();
  }
}

void Session::end_when_flushed() {
  ending_ = true;
  inbox_.drop_descriptors();
  host_.leave(*this);
  if (socket_.is_open()) flush();
}

void Session::turn_away() {
  if (asked_ || ending_) return;
  const auto self = shared_from_this();
  take_what_came();
  if (asked_ || ending_ || !socket_.is_open()) return;
  put_refused(outgoing_, {Remedy::try_again, "the daemon is about to end"});
  end_when_flushed();
}

void Session::hurry(const char* reason) {
  if (run() && !run()->outcome()) return;
  if (std::exchange(hurried_, true)) cut_off(reason);
}

void Session::cut_off(const std::string& reason) {
  const auto self = shared_from_this();
  if (!ending_) dismiss(reason);
  close();
}

void Session::close() {
  if (!socket_.is_open()) return;
  const auto self = shared_from_this();
  host_.leave(*this);
  boost::system::error_code ignored;
  socket_.close(ignored);
  retry_.cancel();
  host_.closed(*this);
}

}  // namespace reduce
