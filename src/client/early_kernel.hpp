#pragma once

#include <cstddef>

// What early_request has instead of the C library: see there.

namespace reduce {

inline long call_kernel(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  long result;
  register long fourth asm("r10") = d;
  register long fifth asm("r8") = e;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
               : "rcx", "r11", "memory");
  return result;
}

template <class T>
long address(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

struct Bytes {
  const char* data = nullptr;
  std::size_t size = 0;
};

/// The strings of a list as the kernel lays them out: one after another (execve(2)).
inline Bytes packed(char** strings) {
  if (*strings == nullptr) return {};
  char** last = strings;
  while (last[1] != nullptr) ++last;
  const char* end = *last;
  while (*end != '\0') ++end;
  return {*strings, static_cast<std::size_t>(end + 1 - *strings)};
}

/// What follows `prefix` in `text`, null where that does not begin so.
inline const char* after(const char* text, const char* prefix) {
  for (; *prefix != '\0'; ++text, ++prefix) {
    if (*text != *prefix) return nullptr;
  }
  return text;
}

inline const char* variable(char** environment, const char* name_and_equals) {
  for (; *environment != nullptr; ++environment) {
    if (const char* value = after(*environment, name_and_equals)) return value;
  }
  return nullptr;
}

/// A path put together; of size 0 once it was too long.
class Path {
 public:
  Path& add(const char* text) {
    for (; *text != '\0'; ++text) put(*text);
    return *this;
  }
  Path& add_number(unsigned long number) {
    if (number >= 10) add_number(number / 10);
    put(static_cast<char>('0' + number % 10));
    return *this;
  }
  void cut_last_part() {
    while (size_ > 1 && text_[--size_] != '/') {
    }
    text_[size_] = '\0';
  }
  const char* text() const { return text_; }
  std::size_t size() const { return too_long_ ? 0 : size_; }

 private:
  void put(char byte) {
    too_long_ |= size_ + 1 >= sizeof text_;
    if (too_long_) return;
    text_[size_++] = byte;
    text_[size_] = '\0';
  }
  char text_[4096] = {'\0'};
  std::size_t size_ = 0;
  bool too_long_ = false;
};

}  // namespace reduce
