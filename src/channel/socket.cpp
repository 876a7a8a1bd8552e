#include "channel/socket.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace reduce {
namespace {

void limit_waiting(int socket, Duration patience) {
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(patience).count();
  // socket(7): 0 were no limit.
  const auto most = std::max<decltype(microseconds)>(microseconds, 1);
  const timeval limit{most / 1'000'000, most % 1'000'000};
  for (const int option : {SO_SNDTIMEO, SO_RCVTIMEO}) {
    ::setsockopt(socket, SOL_SOCKET, option, &limit, sizeof limit);
  }
}

}  // namespace

Result<UniqueFd> connect_to(const std::string& path, std::optional<Duration> patience) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return system_error("cannot create a socket");
  if (patience) limit_waiting(socket.get(), *patience);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  for (;;) {
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return socket;
    }
    if (errno != EINTR) return system_error("cannot connect to " + path);
  }
}

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return system_error("cannot tell who is at the other end");
  }
  return Peer{credentials.pid, credentials.uid, credentials.gid};
}

Result<std::vector<gid_t>> peer_groups(int socket) {
  std::vector<gid_t> groups(32);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int got = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    // socket(7): ERANGE where there are more, and `size` says how many.
    if (got != 0 && errno != ERANGE) return system_error("cannot tell the caller's groups");
    groups.resize(size / sizeof(gid_t));
    if (got == 0) return groups;
  }
}

ssize_t send_with(int socket, std::span<const iovec> parts, std::span<const int> descriptors,
                  int flags) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))] = {};
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent;
  do {
    sent = ::sendmsg(socket, &message, flags | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

Result<void> send_all(int socket, std::span<iovec> parts, std::span<const int> descriptors,
                      const AwaitRoom& await_room) {
  while (!parts.empty()) {
    const ssize_t sent = send_with(socket, parts, descriptors, await_room ? MSG_DONTWAIT : 0);
    if (sent < 0 && errno == EAGAIN && await_room && await_room(socket)) continue;
    if (sent < 0) return system_error("cannot send");
    if (sent > 0) descriptors = {};
    auto rest = static_cast<std::size_t>(sent);
    while (!parts.empty() && rest >= parts.front().iov_len) {
      rest -= parts.front().iov_len;
      parts = parts.subspan(1);
    }
    if (!parts.empty()) {
      parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + rest;
      parts.front().iov_len -= rest;
    }
  }
  return {};
}

ssize_t receive_with(int socket, std::span<char> buffer, std::vector<UniqueFd>& descriptors,
                     bool& lost, int flags) {
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return got;
  if ((message.msg_flags & MSG_CTRUNC) != 0) lost = true;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
      descriptors.emplace_back(fd);
    }
  }
  return got;
}

}  // namespace reduce
