#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace reduce {

/// Where the daemon says things: lines to a file, a terminal or a pipe, never waiting for a reader.
/// A line that is not taken at once is dropped, and the next one that is says how many were.
class Log {
 public:
  /// Lines go to a descriptor of this process's that others may share.
  explicit Log(int shared) : descriptor_(shared) {}
  /// Lines go to a file of its own.
  explicit Log(UniqueFd own) : own_(std::move(own)), descriptor_(own_.get()) {}

  /// `line` ends with a newline.
  void write(std::string_view line);
  /// Keeps the line for flush(): many are written to a file at once.
  void gather(std::string_view line) { gathered_.append(line); }
  void flush();

 private:
  bool is_file() const;
  bool is_ready() const;

  UniqueFd own_;
  int descriptor_;
  std::uint64_t dropped_ = 0;
  std::string gathered_;
};

}  // namespace reduce
