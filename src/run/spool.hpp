#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "run/segment.hpp"
#include "wire/message.hpp"

namespace reduce {

/// What became of an offer of output.
struct Intake {
  enum class State {
    taken,   ///< `bytes` were taken; there may be more
    empty,   ///< nothing is there now
    closed,  ///< nothing will ever come: every writer has closed its end
    full,    ///< what is there cannot be taken now
  };
  State state = State::empty;
  std::size_t bytes = 0;
};

/// A caller's place in a spool. Made by Spool::begin().
class Cursor {
 public:
  Cursor() = default;
  Cursor(Cursor&&) = default;
  Cursor& operator=(Cursor&& other) noexcept;
  ~Cursor() { Segment::release(std::move(segment_)); }

  /// The segment that the last notice was about.
  const Segment& segment() const { return *segment_; }

 private:
  friend class Spool;
  explicit Cursor(std::shared_ptr<Segment> segment) : segment_(std::move(segment)) {}
  /// Whether all of this segment's journal was told.
  bool is_past_segment() const;

  std::shared_ptr<Segment> segment_;
  bool announced_ = false;  ///< a notice with new_segment was made for this segment
  std::size_t piece_ = 0;   ///< the piece that was told last, in part or whole
  std::uint32_t told_ = 0;  ///< bytes of that piece that were told
};

/// The ordered output of a run so far, each piece tagged with its stream. The bytes are in files;
/// readers get descriptors and lengths, never the bytes.
class Spool {
 public:
  explicit Spool(const SegmentStore& store);
  ~Spool() { Segment::release(std::move(head_)); }

  /// Moves at most `most` bytes from `pipe` to the end of the spool, without waiting. An error
  /// means that they could not be kept; what was not moved is still in the pipe. Full: as much is
  /// kept as may be, or as the disk takes (shortage() says which).
  Result<Intake> take(Stream stream, int pipe, std::size_t most);

  /// A cursor before the first byte. Not to be called after close_beginning().
  Cursor begin() const { return Cursor(head_); }
  /// Fills `notice` with what the cursor has not been told yet and moves the cursor past it.
  /// False where there is nothing.
  bool next(Cursor& cursor, Notice& notice) const;
  /// Whether the cursor has been told everything that is here now.
  bool is_at_end(const Cursor& cursor) const;

  /// Ends the segment at hand if nothing else is kept: once it is passed, it can be let go.
  void end_segment();
  /// Moves the cursor on if it has been told all of a segment that has ended.
  void pass(Cursor& cursor) const;

  /// From now on no new cursor will come: what the present ones have passed is let go.
  void close_beginning();
  /// Nobody is there or will come: nothing is kept any more, and nothing more is to be asked of it
  /// but its size.
  void let_go();
  /// Whether begin() may be called.
  bool is_open() const { return head_ != nullptr; }

  std::uint64_t size() const { return size_; }
  /// Bytes of it that are kept.
  std::uint64_t kept() const { return usage_->bytes(); }
  /// More may be kept now.
  bool has_allowance() const { return store_->room_for(*usage_) > 0; }
  /// Nothing more may be kept only because of what other spools have.
  bool is_held_up_by_others() const {
    return !has_allowance() && store_->is_within_run_limit(*usage_);
  }
  /// What the system is short of that take() last said full for; empty where it was our own limit.
  const std::optional<Error>& shortage() const { return shortage_; }

 private:
  Result<Intake> full_for(const Error& error);
  bool has_room() const { return tail_->has_file() && tail_->room() > 0; }
  Result<void> make_room();
  ssize_t move(int pipe, std::size_t bytes);

  const SegmentStore* store_;
  std::shared_ptr<Usage> usage_;
  std::optional<Error> shortage_;
  std::shared_ptr<Segment> head_;  ///< where a new cursor begins; none once closed
  std::shared_ptr<Segment> tail_;  ///< where output goes
  std::uint64_t size_ = 0;
  std::shared_ptr<Siding> siding_;  ///< once there is much output
};

}  // namespace reduce
