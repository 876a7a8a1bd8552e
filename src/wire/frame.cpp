#include "wire/frame.hpp"

#include <cerrno>
#include <cstring>

#include "base/socket_path.hpp"
#include "wire/bytes.hpp"

namespace reduce {
namespace {

bool is_known(MessageType type) {
  switch (type) {
    case MessageType::run:
    case MessageType::caught_up:
    case MessageType::signal:
    case MessageType::query:
    case MessageType::who:
    case MessageType::tired:
    case MessageType::moving:
    case MessageType::attached:
    case MessageType::notice:
    case MessageType::outcome:
    case MessageType::refused:
    case MessageType::leave:
    case MessageType::reply:
    case MessageType::events:
      return true;
  }
  return false;
}

/// The most that a body of this type has; `largest` where the reader's bound counts.
std::size_t largest_body(MessageType type, std::size_t largest) {
  switch (type) {
    case MessageType::run:
    case MessageType::reply:
    case MessageType::events:
      return largest;
    case MessageType::caught_up:
    case MessageType::who:
    case MessageType::tired:
    case MessageType::moving:
      return 0;
    default:
      return kSmallBody;
  }
}

}  // namespace

void put_frame_head(std::string& into, MessageType type, std::size_t body_size) {
  ByteWriter writer(into);
  writer.put(static_cast<std::uint32_t>(body_size));
  writer.put(type);
  writer.put(static_cast<std::uint8_t>(kProtocolVersion));
  writer.put(std::uint16_t{0});
}

void put_frame(std::string& into, MessageType type, std::string_view body) {
  put_frame_head(into, type, body.size());
  into.append(body);
}

Result<FrameHead> parse_frame_head(std::string_view bytes, std::size_t largest) {
  ByteReader reader(bytes);
  FrameHead head;
  head.body_size = reader.take<std::uint32_t>();
  head.type = reader.take<MessageType>();
  head.version = reader.take<std::uint8_t>();
  const auto reserved = reader.take<std::uint16_t>();
  if (reader.failed()) return make_error("a frame ends within its head");
  if (head.version != kProtocolVersion) {
    return make_error("the other side speaks protocol " + std::to_string(head.version) + ", not " +
                      std::to_string(kProtocolVersion));
  }
  if (!is_known(head.type) || reserved != 0) return make_error("a frame of unknown type");
  const std::size_t most = largest_body(head.type, largest);
  if (head.body_size > most) {
    return Error("a message of " + std::to_string(head.body_size) + " bytes is over the limit of " +
                     std::to_string(most),
                 most == largest ? EMSGSIZE : 0);
  }
  return head;
}

}  // namespace reduce
