#include "support/e2e/raw_client.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "support/e2e/noise.hpp"

namespace e2e {
namespace {

using reduce::UniqueFd;

constexpr unsigned char kRun = 1, kCaughtUp = 2, kQuery = 4, kNotice = 65, kUnknown = 200;
constexpr char kAskForEvents = 6;

std::string noise(unsigned seed, std::size_t size) {
  std::string bytes(size, '\0');
  Noise(seed).fill(bytes.data(), size);
  return bytes;
}

constexpr std::size_t kMostDescriptors = 4;

}  // namespace

void send_descriptors(const UniqueFd& client, std::string_view bytes,
                      std::span<const int> descriptors) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  const ssize_t ignored = ::sendmsg(client.get(), &message, MSG_NOSIGNAL);
  static_cast<void>(ignored);
}

namespace {

/// The most that one message of the protocol has, and nothing asks for them.
void send_unwanted_descriptors(const UniqueFd& client, std::string_view bytes) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int sent[kMostDescriptors] = {null.get(), null.get(), null.get(), null.get()};
  send_descriptors(client, bytes, sent);
}

}  // namespace

UniqueFd connect_raw(const std::string& socket) {
  UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
  if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  return client;
}

void send_raw(const UniqueFd& client, std::string_view bytes) {
  const ssize_t ignored = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  static_cast<void>(ignored);
}

std::string raw_frame(unsigned char type, std::string_view body) {
  const auto size = static_cast<std::uint32_t>(body.size());
  std::string frame(sizeof size, '\0');
  std::memcpy(frame.data(), &size, sizeof size);
  frame.push_back(static_cast<char>(type));
  frame.append("\x01\0\0", 3).append(body);
  return frame;
}

void send_run(const UniqueFd& client, const std::vector<std::string>& argv) {
  std::string body;
  const auto put = [&body](const auto value) {
    body.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  put(std::uint32_t{022});
  put(std::int32_t{::getpriority(PRIO_PROCESS, 0)});
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    put(static_cast<std::uint64_t>(limit.rlim_cur));
    put(static_cast<std::uint64_t>(limit.rlim_max));
  }
  std::string words;
  for (const std::string& word : argv) words.append(word).push_back('\0');
  put(std::uint32_t{0});
  put(static_cast<std::uint32_t>(words.size()));
  put(std::uint32_t{0});
  const std::string frame = raw_frame(kRun, body + words);
  const UniqueFd here(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const int descriptor = here.get();
  send_descriptors(client, frame, {&descriptor, 1});
}

UniqueFd misbehave(const std::string& socket, Misbehaviour how, unsigned seed) {
  UniqueFd client = connect_raw(socket);
  if (!client) return client;
  switch (how) {
    case Misbehaviour::garbage:
      send_raw(client, noise(seed, 1 + seed % 200));
      break;
    case Misbehaviour::half_a_frame:
      send_raw(client, raw_frame(kRun, noise(seed, 500)).substr(0, 1 + seed % 400));
      break;
    case Misbehaviour::huge_length:
      send_raw(client, std::string("\xff\xff\xff\xff\x01\x01\0\0", 8) + noise(seed, 100));
      break;
    case Misbehaviour::descriptors:
      // Each byte of a head comes with some.
      for (const char byte : raw_frame(kRun, noise(seed, 500)).substr(0, 8)) {
        send_unwanted_descriptors(client, {&byte, 1});
      }
      break;
    case Misbehaviour::daemons_words:
      send_raw(client, raw_frame(kNotice, noise(seed, 12)) + raw_frame(kCaughtUp, ""));
      break;
    case Misbehaviour::unknown_type:
      send_raw(client, raw_frame(kUnknown, noise(seed, 30)));
      break;
    case Misbehaviour::hangs_up:
      return {};
    default:
      send_raw(client, raw_frame(kQuery, {&kAskForEvents, 1}));
  }
  return client;
}

}  // namespace e2e
