// A frame: its head, and the body by its type. `run` has a target of its own.
#include "wire/frame.hpp"

#include "target.hpp"
#include "wire/message.hpp"

using namespace reduce;

namespace {

constexpr std::size_t kLargest = 1 << 20;

bool may_be_large(MessageType type) {
  return type == MessageType::run || type == MessageType::reply || type == MessageType::events;
}

bool is_empty_by_rule(MessageType type) {
  return type == MessageType::caught_up || type == MessageType::who || type == MessageType::tired ||
         type == MessageType::moving;
}

/// The body that `put` writes for a value.
template <class Put, class Value>
std::string body_by(Put put, const Value& value) {
  std::string frame;
  put(frame, value);
  const auto head = parse_frame_head(std::string_view(frame).substr(0, kFrameHeadSize), kLargest);
  EXPECT(head && head->body_size == frame.size() - kFrameHeadSize);
  return frame.substr(kFrameHeadSize);
}

/// What is accepted is written as it came: there is one way to say it.
template <class Parse, class Put>
void check_same(std::string_view body, Parse parse, Put put) {
  const auto value = parse(body);
  if (value) {
    EXPECT(body_by(put, *value) == body);
  } else {
    EXPECT(!value.error().text.empty());
  }
}

void check_ending(std::string_view body) {
  const auto ending = parse_ending(body);
  if (!ending) return;
  std::string again = body_by(put_ending, *ending);
  // A run that broke has no number: what stands in its place means nothing.
  if (std::holds_alternative<Broken>(ending->outcome)) again.replace(1, 4, body.substr(1, 4));
  EXPECT(again == body);
}

void check_body(MessageType type, std::string_view body) {
  switch (type) {
    case MessageType::attached:
      return check_same(body, parse_attached, put_attached);
    case MessageType::notice:
      if (const auto notice = parse_notice(body)) {
        EXPECT(notice->lengths.capacity() <= kMaxPieces);
      }
      return check_same(body, parse_notice, put_notice);
    case MessageType::outcome:
      return check_ending(body);
    case MessageType::refused:
      if (const auto refused = parse_refused(body)) EXPECT(fuzz::is_inside(refused->reason, body));
      return check_same(body, parse_refused, put_refused);
    case MessageType::signal:
      return check_same(body, parse_signal, put_signal);
    case MessageType::leave:
      return check_same(body, parse_signal, put_leave);
    case MessageType::query:
      if (const auto query = parse_query(body)) EXPECT(fuzz::is_inside(query->argument, body));
      return check_same(body, parse_query, put_query);
    default:
      return;
  }
}

}  // namespace

FUZZ_TARGET(frame) {
  const std::string_view bytes = input.substr(0, kFrameHeadSize);
  const auto head = parse_frame_head(bytes, kLargest);
  if (!head) {
    EXPECT(!head.error().text.empty());
    return;
  }
  EXPECT(bytes.size() == kFrameHeadSize);
  std::string again;
  put_frame_head(again, head->type, head->body_size);
  EXPECT(again == bytes);
  EXPECT(head->body_size <= (may_be_large(head->type) ? kLargest : kSmallBody));
  EXPECT(head->body_size == 0 || !is_empty_by_rule(head->type));
  check_body(head->type, input.substr(kFrameHeadSize));
}
