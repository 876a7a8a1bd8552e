#include "run/spool.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "run/move_bytes.hpp"

namespace reduce {
namespace {

/// Nothing where there is something to take.
std::optional<Intake> nothing_in(int pipe) {
  switch (look_into(pipe)) {
    case PipeState::empty:
      return Intake{Intake::State::empty, 0};
    case PipeState::closed:
      return Intake{Intake::State::closed, 0};
    case PipeState::ready:
      break;
  }
  return std::nullopt;
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

ssize_t Spool::move(int pipe, std::size_t bytes) {
  if (!tail_->reserve(bytes)) return move_bytes(pipe, tail_->writer(), tail_->size(), bytes);
  if (!siding_) siding_ = store_->siding();
  return siding_->move_bytes(pipe, tail_->writer(), tail_->size(), bytes);
}

Result<Intake> Spool::take(Stream stream, int pipe, std::size_t most) {
  shortage_.reset();
  // A file is made only for bytes that are there: most short commands write none at all.
  if (!has_room()) {
    if (const auto nothing = nothing_in(pipe)) return *nothing;
    if (!has_allowance()) return Intake{Intake::State::full, 0};
    if (auto room = make_room(); !room) return full_for(room.error());
  }
  const std::uint64_t allowed = std::min(tail_->room(), store_->room_for(*usage_));
  const std::size_t bytes = std::min<std::uint64_t>(most, allowed);
  if (bytes == 0) return nothing_in(pipe).value_or(Intake{Intake::State::full, 0});
  const ssize_t moved = move(pipe, bytes);
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

void Spool::let_go() {
  close_beginning();
  Segment::release(std::move(tail_));
}

}  // namespace reduce
