#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/e2e/noise.hpp"

namespace e2e {

/// Some noise that a puppet writes to one of its streams.
struct Part {
  std::uint64_t seed = 0;
  std::uint64_t size = 0;
  const char* stream = "out";
};

/// Compares a stream with parts, one after the other, as it comes, without keeping it.
class PartsCheck {
 public:
  explicit PartsCheck(const std::vector<Part>& parts) : parts_(parts) {
    for (const Part& part : parts) expected_ += part.size;
  }

  void take(std::string_view bytes) {
    size_ += bytes.size();
    while (!bytes.empty() && at_ < parts_.size()) {
      const std::uint64_t left = parts_[at_].size - part_.size();
      const std::size_t some = left < bytes.size() ? left : bytes.size();
      part_.take(bytes.substr(0, some));
      bytes.remove_prefix(some);
      equal_ = equal_ && part_.is_whole(part_.size());
      if (part_.size() == parts_[at_].size) begin(at_ + 1);
    }
  }

  /// As many bytes came as should, or more.
  bool has_all() const { return size_ >= expected_; }
  /// Exactly the parts came, byte by byte.
  bool is_whole() const { return equal_ && size_ == expected_; }
  std::string text() const {
    return std::to_string(size_) + " of " + std::to_string(expected_) + " bytes" +
           (equal_ ? "" : ", not the right ones");
  }

 private:
  void begin(std::size_t part) {
    at_ = part;
    part_ = NoiseCheck(at_ < parts_.size() ? parts_[at_].seed : 0);
  }

  const std::vector<Part> parts_;
  std::size_t at_ = 0;
  NoiseCheck part_{parts_.empty() ? 0 : parts_[0].seed};
  std::uint64_t expected_ = 0;
  std::uint64_t size_ = 0;
  bool equal_ = true;
};

}  // namespace e2e
