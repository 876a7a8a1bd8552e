#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// A connection to the daemon at `path`. The error's code tells why: ENOENT and ECONNREFUSED mean
/// that there is none. With `patience`, connecting fails with EAGAIN where it takes longer, and so
/// does each send and receive on the connection.
Result<UniqueFd> connect_to(const std::string& path, std::optional<Duration> patience = {});

/// Who is at the other end of a connected socket, as the kernel noted it when they connected.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};
Result<Peer> peer_of(int socket);

/// The supplementary groups of the process at the other end, in the kernel's order.
Result<std::vector<gid_t>> peer_groups(int socket);

/// The most descriptors that one send carries.
inline constexpr std::size_t kMaxDescriptors = 4;

/// As sendmsg(2), with descriptors, without SIGPIPE. `flags` are added.
ssize_t send_with(int socket, std::span<const iovec> parts, std::span<const int> descriptors,
                  int flags = 0);

/// Waits until the socket takes something; false where that is given up.
using AwaitRoom = std::function<bool(int socket)>;

/// Sends everything, waiting where it must, by `await_room` if that is given; descriptors go with
/// the first byte.
Result<void> send_all(int socket, std::span<iovec> parts, std::span<const int> descriptors,
                      const AwaitRoom& await_room = {});

/// As recvmsg(2); descriptors that came are added to `descriptors`, close-on-exec. `lost` is set
/// where some were dropped because this process can have no more.
ssize_t receive_with(int socket, std::span<char> buffer, std::vector<UniqueFd>& descriptors,
                     bool& lost, int flags = 0);

}  // namespace reduce
