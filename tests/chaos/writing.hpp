#pragma once

#include <signal.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace chaos {

/// Each execution draws a number of its own. All that it writes, and how it ends, follows from that
/// number, so that every byte that a caller got can be told to be of one execution.
using Nonce = std::uint64_t;

/// What both streams begin with.
inline constexpr std::size_t kHeadSize = 16;
inline std::string head_of(Nonce nonce) {
  char text[kHeadSize + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(nonce));
  return text;
}

enum class Stream { out, err };

/// Of the noise that follows the head.
inline std::uint64_t seed_of(Nonce nonce, Stream stream) {
  return stream == Stream::out ? nonce : ~nonce;
}

/// What a process that is left behind writes in its turn, which callers may or may not see.
inline constexpr std::size_t kAfterwordSize = 1000;
inline std::uint64_t afterword_seed_of(Nonce nonce) {
  return nonce + 1;
}

/// Of the content of stdin, where the command reads one.
inline constexpr std::uint64_t kInputSeed = 77;
inline constexpr int kBadInput = 99;

/// How an execution ends if nobody ends it.
enum class Finale {
  exits,     ///< with 0 to 3
  signals,   ///< by a signal of its own
  leaves,    ///< exits, and leaves a process behind that holds its output
  stubborn,  ///< exits, and ignores what asks it to end before
};

struct End {
  int code = 0;
  int signal = 0;  ///< 0: it exited
  bool operator==(const End&) const = default;
};

inline End natural_end(Nonce nonce, Finale finale) {
  constexpr int kSignals[] = {SIGUSR1, SIGALRM, SIGKILL, SIGTERM};
  const auto choice = static_cast<int>(nonce % 4);
  if (finale == Finale::signals) return {0, kSignals[choice]};
  return {choice, 0};
}

}  // namespace chaos
