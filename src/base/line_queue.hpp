#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace reduce {

/// Lines that wait for a reader, up to a bound: one that is slow makes nobody wait. What comes
/// while it is full is dropped, and once there is room a line says how many were.
class LineQueue {
 public:
  /// How long lines may wait for company: a reader that is woken for each would take its time from
  /// what it is told of.
  static constexpr std::chrono::milliseconds kGathering{20};
  /// So many bytes wait no longer.
  static constexpr std::size_t kEnough = 64 * 1024;

  /// `dropped` makes that line.
  LineQueue(std::size_t most_bytes, std::function<std::string(std::uint64_t)> dropped)
      : most_(most_bytes), dropped_line_(std::move(dropped)) {}

  /// Adds a line, its newline added, or drops it.
  void push(std::string_view line);
  /// What is to be written next.
  std::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  /// So much of it was written.
  void pop(std::size_t size);
  /// The reader is gone, and another begins with a whole line.
  void drop_partial_line();

 private:
  void tell_dropped();

  const std::size_t most_;
  const std::function<std::string(std::uint64_t)> dropped_line_;
  std::string bytes_;
  std::uint64_t dropped_ = 0;
  bool partial_ = false;  ///< the beginning of the first line was written
};

}  // namespace reduce
