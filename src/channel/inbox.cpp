#include "channel/inbox.hpp"

#include <array>

#include "channel/socket.hpp"

namespace reduce {
namespace {

/// More than any sound peer has under way at once.
constexpr std::size_t kMostDescriptors = 2 * kMaxDescriptors;

}  // namespace

Inbox::Arrival Inbox::receive(int socket, int flags) {
  static thread_local std::array<char, 128 * 1024> fresh;
  drop_used();
  const ssize_t got = receive_with(socket, fresh, descriptors_, lost_descriptors_, flags);
  if (got == 0) return Arrival::closed;
  if (got < 0) return errno == EAGAIN ? Arrival::none : Arrival::reset;
  bytes_.append(fresh.data(), static_cast<std::size_t>(got));
  return Arrival::bytes;
}

Result<std::optional<Message>> Inbox::next() {
  if (descriptors_.size() > kMostDescriptors) return make_error("too many descriptors");
  const std::string_view rest = std::string_view(bytes_).substr(used_);
  if (rest.size() < kFrameHeadSize) return std::optional<Message>();
  const auto head = parse_frame_head(rest.substr(0, kFrameHeadSize), largest_);
  if (!head) return head.error();
  const std::size_t size = kFrameHeadSize + head->body_size;
  // Memory is taken for what came, not for what is promised.
  if (rest.size() < size) return std::optional<Message>();
  used_ += size;
  return std::optional<Message>({head->type, rest.substr(kFrameHeadSize, head->body_size)});
}

UniqueFd Inbox::take_descriptor() {
  if (descriptors_.empty()) return {};
  UniqueFd first = std::move(descriptors_.front());
  descriptors_.erase(descriptors_.begin());
  return first;
}

void Inbox::drop_used() {
  if (used_ == bytes_.size()) {
    bytes_ = std::string();
  } else if (used_ > 0) {
    bytes_.erase(0, used_);
  }
  used_ = 0;
}

}  // namespace reduce
