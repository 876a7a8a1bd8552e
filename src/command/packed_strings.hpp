#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace reduce {

/// Strings one after another, each ended by NUL, as the kernel lays out argv and the environment.
/// Borrowed: valid as long as the bytes are. The last byte, if there is one, is NUL.
class PackedStrings {
 public:
  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    std::string_view operator*() const { return at_; }
    Iterator& operator++() {
      at_ += std::strlen(at_) + 1;
      return *this;
    }
    bool operator==(const Iterator& other) const = default;

   private:
    const char* at_;
  };

  PackedStrings() = default;
  explicit PackedStrings(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  Iterator begin() const { return Iterator(bytes_.data()); }
  Iterator end() const { return Iterator(bytes_.data() + bytes_.size()); }

 private:
  std::string_view bytes_;
};

}  // namespace reduce
