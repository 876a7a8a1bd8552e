#include "base/line_queue.hpp"

#include <utility>

namespace reduce {

void LineQueue::push(std::string_view line) {
  if (dropped_ == 0 && bytes_.size() + line.size() + 1 <= most_) {
    bytes_.append(line) += '\n';
  } else {
    ++dropped_;
    tell_dropped();
  }
}

void LineQueue::pop(std::size_t size) {
  if (size > 0) partial_ = bytes_[size - 1] != '\n';
  bytes_.erase(0, size);
  tell_dropped();
}

/// With half the room free, what follows the gap is worth telling again. A line that is too long
/// for all of it may find it so.
void LineQueue::tell_dropped() {
  if (dropped_ == 0 || bytes_.size() > most_ / 2) return;
  bytes_.append(dropped_line_(std::exchange(dropped_, 0))) += '\n';
}

void LineQueue::drop_partial_line() {
  if (!std::exchange(partial_, false)) return;
  bytes_.erase(0, bytes_.find('\n') + 1);
}

}  // namespace reduce
