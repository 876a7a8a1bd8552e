#include "daemon/service_manager.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace reduce {
namespace {

/// sd_listen_fds(3): SD_LISTEN_FDS_START.
constexpr int kFirstPassed = 3;

bool is_number(const char* text, long number) {
  return text != nullptr && std::to_string(number) == text;
}

}  // namespace

Result<std::optional<PassedSocket>> take_passed_socket() {
  const bool for_us = is_number(std::getenv("LISTEN_PID"), ::getpid());
  const char* count = std::getenv("LISTEN_FDS");
  const bool one = is_number(count, 1);
  const bool none = !for_us || count == nullptr || is_number(count, 0);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (none) return std::optional<PassedSocket>();
  if (!one) return make_error("the service manager passes more than one socket");

  PassedSocket passed;
  passed.listener.reset(kFirstPassed);
  int listens = 0;
  socklen_t size = sizeof listens;
  sockaddr_un address{};
  socklen_t length = sizeof address;
  auto* name = reinterpret_cast<sockaddr*>(&address);
  if (::getsockopt(kFirstPassed, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      ::getsockname(kFirstPassed, name, &length) != 0) {
    return system_error("what the service manager passes is no socket");
  }
  if (listens == 0 || address.sun_family != AF_UNIX || address.sun_path[0] != '/') {
    return make_error("what the service manager passes is no listening Unix socket with a path");
  }
  passed.path.assign(address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path));
  ::fcntl(kFirstPassed, F_SETFD, FD_CLOEXEC);
  ::fcntl(kFirstPassed, F_SETFL, ::fcntl(kFirstPassed, F_GETFL) | O_NONBLOCK);
  return std::optional(std::move(passed));
}

void tell_service_manager(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path == nullptr || (*path != '/' && *path != '@')) return;
  const std::size_t size = std::strlen(path);
  if (size >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, size);
  // unix(7): an abstract name begins with a NUL and has no end but its length.
  if (*path == '@') address.sun_path[0] = '\0';
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace reduce
