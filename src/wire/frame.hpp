#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace reduce {

/// What a frame carries; PROTOCOL.md says what each means.
enum class MessageType : std::uint8_t {
  run = 1,
  caught_up = 2,
  signal = 3,
  query = 4,
  who = 5,
  tired = 6,
  moving = 7,
  attached = 64,
  notice = 65,
  outcome = 66,
  refused = 67,
  leave = 68,
  reply = 69,
  events = 70,
};

/// The head of each frame: the size of the body that follows, its type, the protocol's version.
struct FrameHead {
  std::uint32_t body_size = 0;
  MessageType type{};
  std::uint8_t version = 0;
};

inline constexpr std::size_t kFrameHeadSize = 8;
/// No body but that of `run`, `reply` and `events` is larger.
inline constexpr std::size_t kSmallBody = 64 * 1024;

/// Appends a frame's head for a body of `body_size` bytes, which the caller sends after it.
void put_frame_head(std::string& into, MessageType type, std::size_t body_size);

/// Appends a whole frame.
void put_frame(std::string& into, MessageType type, std::string_view body);

/// Reads a head from the first kFrameHeadSize bytes of `bytes`. An error for another version, an
/// unknown type, or a body over `largest` (the reader's bound for those three: code EMSGSIZE) or,
/// for other types, over kSmallBody; for a type that says all by itself, for any body.
Result<FrameHead> parse_frame_head(std::string_view bytes, std::size_t largest);

}  // namespace reduce
