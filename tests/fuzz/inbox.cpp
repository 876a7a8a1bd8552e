// Frames cut out of a stream that comes in pieces. The first byte says how many piece sizes follow
// it; the rest is the stream. A size's low bit: the reader waits for more before it reads; from
// 0xf0 on descriptors come along.
#include "channel/inbox.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "channel/socket.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

constexpr std::size_t kLargest = 100'000;
/// As many as an inbox keeps without calling it too many.
constexpr std::size_t kMostKept = 2 * kMaxDescriptors;
constexpr unsigned char kFirstWithDescriptors = 0xf0;

/// What the stream says, read at once: the messages, and whether something that is none follows.
class Expected {
 public:
  explicit Expected(std::string_view stream) : rest_(stream) {}

  /// As Inbox::next() of one that has the first `come` bytes of the stream.
  Result<std::optional<Message>> next(std::size_t come) {
    const std::string_view there = rest_.substr(0, come - used_);
    if (there.size() < kFrameHeadSize) return std::optional<Message>();
    const auto head = parse_frame_head(there.substr(0, kFrameHeadSize), kLargest);
    if (!head) return head.error();
    const std::size_t size = kFrameHeadSize + head->body_size;
    if (there.size() < size) return std::optional<Message>();
    const Message message{head->type, there.substr(kFrameHeadSize, head->body_size)};
    rest_.remove_prefix(size);
    used_ += size;
    return std::optional<Message>(message);
  }

 private:
  std::string_view rest_;
  std::size_t used_ = 0;
};

class Conversation {
 public:
  explicit Conversation(std::string_view stream) : stream_(stream), expected_(stream) {
    std::array<int, 2> ends{};
    EXPECT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    near_.reset(ends[0]);
    far_.reset(ends[1]);
  }

  /// Sends so many bytes of the stream. False at its end, or where the reader has hung up.
  bool send(std::size_t size, std::size_t descriptors) {
    const std::string_view piece = stream_.substr(sent_, size);
    if (piece.empty() || refused_) return false;
    const std::array<int, kMaxDescriptors> passed{STDERR_FILENO, STDERR_FILENO, STDERR_FILENO,
                                                  STDERR_FILENO};
    const iovec part{const_cast<char*>(piece.data()), piece.size()};
    const std::span<const int> along = std::span(passed).first(descriptors);
    if (send_with(far_.get(), {&part, 1}, along, MSG_DONTWAIT) < 0) {
      read();
      EXPECT(send_with(far_.get(), {&part, 1}, along, MSG_DONTWAIT) > 0);
    }
    sent_ += piece.size();
    kept_ += descriptors;
    return true;
  }

  /// Reads all that was sent, and takes what is whole of it.
  void read() {
    while (inbox_.receive(near_.get(), MSG_DONTWAIT) == Inbox::Arrival::bytes) continue;
    for (;;) {
      const auto message = inbox_.next();
      if (kept_ > kMostKept) {
        EXPECT(!message);
        refused_ = true;
        return;
      }
      const auto wanted = expected_.next(sent_);
      EXPECT(message.has_value() == wanted.has_value());
      refused_ = !message;
      if (!message || !*message) break;
      EXPECT(wanted->has_value());
      EXPECT((*message)->type == (*wanted)->type && (*message)->body == (*wanted)->body);
      EXPECT(static_cast<bool>(inbox_.take_descriptor()) == (kept_ > 0));
      kept_ -= kept_ > 0;
    }
    // Once refused, refused for ever.
    if (refused_) EXPECT(!inbox_.next());
  }

 private:
  std::string_view stream_;
  Expected expected_;
  UniqueFd near_, far_;
  Inbox inbox_{kLargest};
  std::size_t sent_ = 0;
  std::size_t kept_ = 0;  ///< descriptors that the inbox has, or is about to get
  bool refused_ = false;
};

int lowest_free_descriptor() {
  const UniqueFd probe(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return probe.get();
}

}  // namespace

FUZZ_TARGET(inbox) {
  if (input.empty()) return;
  const std::size_t count = static_cast<unsigned char>(input[0]);
  const std::string_view sizes = input.substr(1, count);
  const int free_before = lowest_free_descriptor();
  {
    Conversation conversation(input.substr(1 + sizes.size()));
    for (std::size_t piece = 0;; ++piece) {
      const auto size =
          static_cast<unsigned char>(sizes.empty() ? 255 : sizes[piece % sizes.size()]);
      const bool has_descriptors = !sizes.empty() && size >= kFirstWithDescriptors;
      if (!conversation.send(size / 2 + 1, has_descriptors ? size % kMaxDescriptors + 1 : 0)) break;
      if (size % 2 == 0) conversation.read();
    }
    conversation.read();
  }
  EXPECT(lowest_free_descriptor() == free_before);
}
