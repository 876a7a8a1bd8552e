#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A target is one function that takes bytes from outside: FUZZ_TARGET(name) { … input … }.
// libFuzzer calls it as the only one of its program; without REDUCE_FUZZ all are in one program,
// which runs them over the files of corpus/ as a test.

namespace reduce::fuzz {

/// Says what does not hold, and ends the program as a finding.
[[noreturn]] void fail(const char* what, const char* file, int line);

/// A target of the program that has all of them.
struct Registration {
  Registration(const char* name, void (*run)(std::string_view));
};

/// `part` borrows from `whole`.
inline bool is_inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// No byte that a terminal would obey; `allowed` ones aside.
inline bool is_visible(std::string_view text, std::string_view allowed = {}) {
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if ((code < ' ' || code == 0x7f) && allowed.find(byte) == std::string_view::npos) return false;
  }
  return true;
}

/// Takes a line off the front, without its end.
inline std::string_view take_line(std::string_view& text) {
  const std::size_t size = text.find('\n');
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(size == std::string_view::npos ? text.size() : size + 1);
  return line;
}

}  // namespace reduce::fuzz

#define EXPECT(condition) \
  ((condition) ? static_cast<void>(0) : ::reduce::fuzz::fail(#condition, __FILE__, __LINE__))

#ifdef REDUCE_FUZZ_REPLAY
#define FUZZ_TARGET(name)                                                   \
  static void fuzz_##name(std::string_view input);                          \
  static const ::reduce::fuzz::Registration registered(#name, fuzz_##name); \
  static void fuzz_##name([[maybe_unused]] std::string_view input)
#else
#define FUZZ_TARGET(name)                                                             \
  static void fuzz_##name(std::string_view input);                                    \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_##name({reinterpret_cast<const char*>(data), size});                         \
    return 0;                                                                         \
  }                                                                                   \
  static void fuzz_##name([[maybe_unused]] std::string_view input)
#endif
