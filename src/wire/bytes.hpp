#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace reduce {

/// Appends plain values and bytes in host order: both ends are on one machine.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& into) : into_(into) {}

  template <class T>
  void put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    into_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_bytes(std::string_view bytes) { into_.append(bytes); }

 private:
  std::string& into_;
};

/// Takes plain values and bytes off the front of a message. Past the end it gives zeros and
/// nothing, and failed() says so: a reader checks once, when it is done.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T take() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    const std::string_view bytes = take_bytes(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view take_bytes(std::size_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  std::string_view take_rest() { return take_bytes(rest_.size()); }

  bool failed() const { return failed_; }
  /// Everything was there and nothing is left.
  bool complete() const { return !failed_ && rest_.empty(); }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace reduce
