#include "run/spool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace reduce {
namespace {

/// What a pipe would give right now, without reading it. poll(2): POLLHUP without POLLIN is
/// end-of-file.
Intake::State peek(int pipe) {
  pollfd asked{pipe, POLLIN, 0};
  if (::poll(&asked, 1, 0) <= 0) return Intake::State::empty;
  return (asked.revents & POLLIN) != 0 ? Intake::State::taken : Intake::State::closed;
}

/// splice(2) for file systems that cannot: a copy by way of memory. What could not be written
/// would be lost, so this reads only what a file takes whole or fails.
ssize_t copy(int pipe, int file, off_t offset, std::size_t most) {
  char buffer[16 * 1024];
  const ssize_t got = ::read(pipe, buffer, std::min(most, sizeof buffer));
  for (ssize_t done = 0; done < got;) {
    const ssize_t put = ::pwrite(file, buffer + done, got - done, offset + done);
    if (put < 0 && errno != EINTR) {
      // Even for want of room: what was read is lost, and a later try would go on without it.
      errno = EIO;
      return -1;
    }
    if (put > 0) done += put;
  }
  return got;
}

/// Moves bytes from a pipe into a file. As read(2): 0 is end-of-file, EAGAIN nothing there.
ssize_t move_bytes(int pipe, int file, std::uint64_t offset, std::size_t most) {
  for (;;) {
    auto at = static_cast<loff_t>(offset);
    const ssize_t moved =
        ::splice(pipe, nullptr, file, &at, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved >= 0) return moved;
    if (errno == EINTR) continue;
    if (errno != EINVAL) return -1;
    if (peek(pipe) == Intake::State::empty) {
      errno = EAGAIN;
      return -1;
    }
    return copy(pipe, file, at, most);
  }
}

}  // namespace

Cursor& Cursor::operator=(Cursor&& other) noexcept {
  if (this == &other) return *this;
  Segment::release(std::exchange(segment_, std::move(other.segment_)));
  announced_ = other.announced_;
  piece_ = other.piece_;
  told_ = other.told_;
  return *this;
}

bool Cursor::is_past_segment() const {
  const auto& pieces = segment_->pieces();
  return pieces.empty() || (piece_ + 1 == pieces.size() && told_ == pieces.back());
}

Spool::Spool(const SegmentStore& store)
    : store_(&store),
      usage_(store.make_usage()),
      head_(std::make_shared<Segment>(usage_)),
      tail_(head_) {}

Result<void> Spool::make_room() {
  auto file = size_ == 0 ? store_->make_first() : store_->make_next();
  if (!file) return file.error();
  if (!tail_->has_file()) {
    tail_->set_file(std::move(*file));
  } else {
    auto next = std::make_shared<Segment>(std::move(*file), usage_);
    tail_->chain(next);
    tail_ = std::move(next);
  }
  return {};
}

/// What may pass is no fault yet.
Result<Intake> Spool::full_for(const Error& error) {
  switch (error.code) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      shortage_ = error;
      return Intake{Intake::State::full, 0};
    default:
      return error;
  }
}

Result<Intake> Spool::take(Stream stream, int pipe, std::size_t most) {
  shortage_.reset();
  // A file is made only for bytes that are there: most short commands write none at all.
  if (!has_room()) {
    if (const Intake::State state = peek(pipe); state != Intake::State::taken) {
      return Intake{state, 0};
    }
    if (!has_allowance()) return Intake{Intake::State::full, 0};
    if (auto room = make_room(); !room) return full_for(room.error());
  }
  const std::uint64_t allowed = std::min(tail_->room(), store_->room_for(*usage_));
  const std::size_t bytes = std::min<std::uint64_t>(most, allowed);
  if (bytes == 0) {
    const Intake::State state = peek(pipe);
    return Intake{state == Intake::State::taken ? Intake::State::full : state, 0};
  }
  const ssize_t moved = move_bytes(pipe, tail_->writer(), tail_->size(), bytes);
  if (moved == 0) return Intake{Intake::State::closed, 0};
  if (moved < 0 && errno == EAGAIN) return Intake{};
  if (moved < 0) return full_for(system_error("cannot write to the spool"));
  tail_->record(stream, static_cast<std::uint32_t>(moved));
  size_ += moved;
  return Intake{Intake::State::taken, static_cast<std::size_t>(moved)};
}

void Spool::end_segment() {
  if (tail_->size() == 0 || tail_->size() < usage_->bytes()) return;
  auto next = std::make_shared<Segment>(usage_);
  tail_->chain(next);
  tail_ = std::move(next);
}

void Spool::pass(Cursor& cursor) const {
  if (!cursor.is_past_segment() || !cursor.segment_->next()) return;
  cursor = Cursor(cursor.segment_->next());
}

bool Spool::next(Cursor& cursor, Notice& notice) const {
  pass(cursor);
  if (cursor.is_past_segment()) return false;

  const Segment& segment = *cursor.segment_;
  const auto& pieces = segment.pieces();
  if (cursor.told_ == pieces[cursor.piece_]) {
    ++cursor.piece_;
    cursor.told_ = 0;
  }
  notice.new_segment = !std::exchange(cursor.announced_, true);
  notice.first = cursor.piece_ % 2 == 0 ? segment.first() : other(segment.first());
  notice.lengths.clear();
  const std::size_t end = std::min(pieces.size(), cursor.piece_ + kMaxPieces);
  for (std::size_t at = cursor.piece_; at < end; ++at) {
    notice.lengths.push_back(pieces[at] - std::exchange(cursor.told_, 0));
  }
  cursor.piece_ = end - 1;
  cursor.told_ = pieces[end - 1];
  return true;
}

bool Spool::is_at_end(const Cursor& cursor) const {
  return cursor.segment_ == tail_ && cursor.is_past_segment();
}

void Spool::close_beginning() {
  Segment::release(std::move(head_));
}

}  // namespace reduce
