#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/unique_fd.hpp"
#include "wire/message.hpp"

namespace reduce {

/// Copies pieces of the spool to this process's stdout and stderr, in order, without ever waiting
/// for a slow reader and without changing the flags of descriptors that others share.
class Relay {
 public:
  enum class Step {
    done,     ///< all pieces are copied
    more,     ///< some were: call again
    blocked,  ///< the target takes nothing now: wait until target() is writable
    broken,   ///< the target takes nothing any more: error() says why
  };

  /// More to copy; `segment` where a new one begins. Only when all before is copied.
  void add(const Notice& notice, UniqueFd segment);

  /// Copies a bounded amount, so that signals are seen to in between.
  Step step();

  int target() const;
  int error() const { return error_; }
  bool is_done() const { return piece_ == lengths_.size(); }

 private:
  /// How bytes get from a file to a descriptor of one kind.
  enum class Way {
    pipe,      ///< small pieces written, large ones spliced without a copy; never waiting
    sendfile,  ///< a file or a device that cannot block for long
    send,      ///< a socket: never waiting
    write,     ///< anything else
    nowhere,   ///< a stderr that takes nothing any more
  };
  struct Target {
    int descriptor = -1;  ///< -1 until the first byte for it
    Way way = Way::write;
    UniqueFd own;  ///< opened anew, so that it can be written without waiting
  };

  Stream stream() const { return piece_ % 2 == 0 ? first_ : other(first_); }
  void skip_copied();
  Target& look_at_target();
  ssize_t copy(Target& target, std::size_t most);
  bool does_without(int fault);
  ssize_t copy_by_memory(Target& target, std::size_t most);

  std::array<Target, 2> targets_;
  UniqueFd segment_;
  std::uint64_t offset_ = 0;
  Stream first_ = Stream::out;
  std::vector<std::uint32_t> lengths_;
  std::size_t piece_ = 0;
  std::uint32_t copied_ = 0;  ///< of the piece at hand
  int error_ = 0;
};

}  // namespace reduce
