#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "wire/frame.hpp"

namespace reduce {

/// A whole message. The body is valid until the inbox is used again.
struct Message {
  MessageType type{};
  std::string_view body;
};

/// What has come over a socket and is not used yet: bytes become messages here. Holds no memory
/// while there is nothing.
class Inbox {
 public:
  enum class Arrival {
    bytes,   ///< something came
    none,    ///< nothing is there now
    closed,  ///< the other side has ended, having read all that was sent to it
    reset,   ///< the other side has ended without reading all (unix(7) sockets: ECONNRESET), or
             ///< the socket is broken
  };

  /// `largest`: the bound for a body, see parse_frame_head().
  explicit Inbox(std::size_t largest) : largest_(largest) {}

  /// Reads what is there, once. Waits for it only where the socket is a blocking one.
  Arrival receive(int socket, int flags = 0);

  /// The next whole message, nothing where it has not come yet, or why there can be none.
  Result<std::optional<Message>> next();

  /// The descriptor that came first and is not taken yet; empty where there is none.
  UniqueFd take_descriptor();
  /// Closes those that are not taken.
  void drop_descriptors() { descriptors_.clear(); }
  /// Some were dropped on the way: unix(7), where this process can have no more.
  bool has_lost_descriptors() const { return lost_descriptors_; }

 private:
  void drop_used();

  const std::size_t largest_;
  std::string bytes_;
  std::size_t used_ = 0;
  std::vector<UniqueFd> descriptors_;
  bool lost_descriptors_ = false;
};

}  // namespace reduce
