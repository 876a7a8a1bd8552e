#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace e2e {

/// An endless sequence of bytes that a seed determines: the puppet writes it, a test compares.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}

  void fill(char* into, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
      if (left_ == 0) next();
      const std::size_t part = left_ < size - done ? left_ : size - done;
      std::memcpy(into + done, word_ + (sizeof word_ - left_), part);
      left_ -= part;
      done += part;
    }
  }

 private:
  void next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    std::memcpy(word_, &state_, sizeof word_);
    left_ = sizeof word_;
  }

  std::uint64_t state_;
  char word_[8];
  std::size_t left_ = 0;
};

/// Compares a stream with the noise of a seed as it comes, without keeping it.
class NoiseCheck {
 public:
  explicit NoiseCheck(std::uint64_t seed) : noise_(seed) {}

  void take(std::string_view bytes) {
    char expected[4096];
    while (!bytes.empty()) {
      const std::size_t part = bytes.size() < sizeof expected ? bytes.size() : sizeof expected;
      noise_.fill(expected, part);
      if (std::memcmp(expected, bytes.data(), part) != 0) equal_ = false;
      size_ += part;
      bytes.remove_prefix(part);
    }
  }

  /// Exactly `size` bytes came, and each was right.
  bool is_whole(std::uint64_t size) const { return equal_ && size_ == size; }
  std::uint64_t size() const { return size_; }

 private:
  Noise noise_;
  std::uint64_t size_ = 0;
  bool equal_ = true;
};

}  // namespace e2e
