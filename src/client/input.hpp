#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "client/settings.hpp"

namespace reduce {

/// What the command reads: a copy of what this process has as stdin, so far as `mode` wants it. No
/// content at all and content of zero bytes are the same.
class Input {
 public:
  explicit Input(InputMode mode) : mode_(mode) {}

  /// Makes the copy; called once, before signals are held back: it may wait for a person. With
  /// `automatic`, stdin is as before.
  Result<void> take();

  /// What stands for the content in the identity; empty where there is none.
  std::string_view digest() const { return digest_; }
  /// A regular file with the content, -1 where there is none.
  int descriptor() const { return content_.get(); }

  /// The daemon has the content: it is let go here, unless it cannot be had from stdin again.
  void let_go();
  /// The command is run by this process itself: gives it what it would have read.
  void put_back();
  /// A pipe that was not looked into holds something.
  bool is_left_unread() const;

 private:
  /// At most `most` bytes from offset `from`; with `pass` from where stdin is.
  Result<void> copy(off_t from, std::uint64_t most);

  const InputMode mode_;
  bool is_pipe_ = false;
  bool is_closed_ = false;
  UniqueFd content_;
  std::string digest_;
};

}  // namespace reduce
