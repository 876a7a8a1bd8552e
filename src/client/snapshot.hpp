#pragma once

#include <blake2.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// Bytes kept in a file without a name, hashed as they come: a few in memory, more on disk.
class Snapshot {
 public:
  /// Beyond this, the bytes are on disk.
  static constexpr std::uint64_t kMostInMemory = 1 << 20;

  Snapshot();

  Result<void> append(std::string_view bytes);
  /// No more comes, and nobody who is handed the file can change it by accident. Called once.
  void close();

  std::uint64_t size() const { return size_; }
  /// Once closed: the hash (BLAKE2b-256) and the size; the same only for the same bytes.
  const std::string& digest() const { return digest_; }
  /// Gives away the file, a regular one; empty where nothing came.
  UniqueFd take_file() { return std::move(file_); }

 private:
  Result<void> make_room(std::size_t more);

  UniqueFd file_;
  bool in_memory_ = false;
  std::uint64_t size_ = 0;
  blake2b_state hash_;
  std::string digest_;
};

}  // namespace reduce
