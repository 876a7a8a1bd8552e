#include "wire/frame.hpp"

#include <cerrno>
#include <cstring>

#include "base/socket_path.hpp"
#include "support/catch.hpp"

using namespace reduce;

namespace {

constexpr std::size_t kLargest = 1 << 20;

constexpr MessageType kTypes[] = {
    MessageType::run,     MessageType::caught_up, MessageType::signal, MessageType::query,
    MessageType::who,     MessageType::attached,  MessageType::notice, MessageType::outcome,
    MessageType::refused, MessageType::leave,     MessageType::reply,  MessageType::tired,
    MessageType::events,  MessageType::moving};

/// The most that PROTOCOL.md lets a body have.
std::size_t bound_of(MessageType type) {
  switch (type) {
    case MessageType::run:
    case MessageType::reply:
    case MessageType::events:
      return kLargest;
    case MessageType::caught_up:
    case MessageType::who:
    case MessageType::tired:
    case MessageType::moving:
      return 0;
    default:
      return kSmallBody;
  }
}

bool is_known(int number) {
  for (const MessageType type : kTypes) {
    if (static_cast<int>(type) == number) return true;
  }
  return false;
}

std::string head_of(MessageType type, std::size_t size) {
  std::string bytes;
  put_frame_head(bytes, type, size);
  return bytes;
}

bool is_accepted(const std::string& bytes, std::size_t largest = kLargest) {
  return parse_frame_head(bytes, largest).has_value();
}

}  // namespace

TEST_CASE("a frame's head comes back as it was put") {
  for (const MessageType type : kTypes) {
    for (const std::size_t size : {0, 1, 255, 256, 65535, 65536}) {
      if (size > bound_of(type)) continue;
      const auto head = parse_frame_head(head_of(type, size), kLargest);
      REQUIRE(head.has_value());
      CHECK(head->type == type);
      CHECK(head->body_size == size);
      CHECK(head->version == kProtocolVersion);
    }
  }
}

TEST_CASE("a frame is its head and its body") {
  std::string bytes = "before";
  put_frame(bytes, MessageType::query, std::string_view("\0body", 5));
  REQUIRE(bytes.size() == 6 + kFrameHeadSize + 5);
  CHECK(bytes.substr(0, 6) == "before");
  const auto head = parse_frame_head(std::string_view(bytes).substr(6), kLargest);
  REQUIRE(head.has_value());
  CHECK(head->body_size == 5);
  CHECK(bytes.substr(6 + kFrameHeadSize) == std::string("\0body", 5));
}

TEST_CASE("a head that is cut off is refused") {
  const std::string whole = head_of(MessageType::run, 7);
  REQUIRE(whole.size() == kFrameHeadSize);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_FALSE(is_accepted(whole.substr(0, size)));
  }
}

TEST_CASE("another version of the protocol is refused and named") {
  for (int version = 0; version < 256; ++version) {
    std::string bytes = head_of(MessageType::run, 7);
    bytes[5] = static_cast<char>(version);
    INFO(version);
    CHECK(is_accepted(bytes) == (version == kProtocolVersion));
  }
  std::string bytes = head_of(MessageType::run, 7);
  bytes[5] = 77;
  CHECK(parse_frame_head(bytes, kLargest).error().text.find("77") != std::string::npos);
}

TEST_CASE("a request that is over its bound can be told from other faults") {
  const auto code_of = [](MessageType type, std::size_t size) {
    return parse_frame_head(head_of(type, size), kLargest).error().code;
  };
  CHECK(code_of(MessageType::run, kLargest + 1) == EMSGSIZE);
  CHECK(code_of(MessageType::caught_up, kSmallBody + 1) == 0);
}

TEST_CASE("an unknown type of message is refused") {
  for (int type = 0; type < 256; ++type) {
    // Some say all by themselves.
    std::string bytes = head_of(MessageType::run, 0);
    bytes[4] = static_cast<char>(type);
    INFO(type);
    CHECK(is_accepted(bytes) == is_known(type));
  }
}

TEST_CASE("what is reserved must be zero") {
  for (const std::size_t at : {6, 7}) {
    std::string bytes = head_of(MessageType::run, 7);
    bytes[at] = 1;
    CHECK_FALSE(is_accepted(bytes));
  }
}

TEST_CASE("a body over the bound of its type is refused") {
  for (const MessageType type : kTypes) {
    INFO(static_cast<int>(type));
    const std::size_t bound = bound_of(type);
    CHECK(is_accepted(head_of(type, bound)));
    CHECK_FALSE(is_accepted(head_of(type, bound + 1)));
    CHECK_FALSE(is_accepted(head_of(type, 0xffffffff)));
  }
  CHECK(is_accepted(head_of(MessageType::run, 10), 10));
  CHECK_FALSE(is_accepted(head_of(MessageType::run, 11), 10));
}
