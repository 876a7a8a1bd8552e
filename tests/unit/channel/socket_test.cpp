#include "channel/socket.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "support/scratch.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

UniqueFd listen_at(const std::string& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket.get(), 5) == 0);
  return socket;
}

struct SocketPair {
  SocketPair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    a.reset(ends[0]);
    b.reset(ends[1]);
  }
  UniqueFd a, b;
};

}  // namespace

TEST_CASE("a connection says who is at the other end") {
  const ScratchFolder folder;
  const UniqueFd listener = listen_at(folder / "s");
  const auto connection = connect_to(folder / "s");
  REQUIRE(connection.has_value());
  const UniqueFd accepted(::accept(listener.get(), nullptr, nullptr));
  for (const int end : {connection->get(), accepted.get()}) {
    const auto peer = peer_of(end);
    REQUIRE(peer.has_value());
    CHECK(peer->pid == ::getpid());
    CHECK(peer->uid == ::geteuid());
    CHECK(peer->gid == ::getegid());
  }
  CHECK_FALSE(peer_of(-1).has_value());
}

TEST_CASE("whether there is a daemon is told by the error") {
  const ScratchFolder folder;
  CHECK(connect_to(folder / "none").error().code == ENOENT);
  listen_at(folder / "left");  // its listener is gone and its name is left
  CHECK(connect_to(folder / "left").error().code == ECONNREFUSED);
  CHECK(connect_to(folder.path()).error().code == ECONNREFUSED);
}

TEST_CASE("everything is sent however often it is interrupted and descriptors go along once") {
  // A signal ends a send that waits with a part of it done.
  struct sigaction interrupt {
  }, before{};
  interrupt.sa_handler = [](int) {};
  ::sigaction(SIGUSR1, &interrupt, &before);
  const SocketPair pair;
  const TestPipe pipe;
  std::string head = "head";
  std::string big(2 << 20, '\0');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 5 / 3);
  bool sent = false;
  std::thread sender([&] {
    iovec parts[] = {
        {head.data(), head.size()}, {nullptr, 0}, {big.data(), big.size()}, {head.data(), 1}};
    const int descriptors[] = {pipe.reader.get(), pipe.writer.get()};
    sent = send_all(pair.a.get(), parts, descriptors).has_value();
    ::shutdown(pair.a.get(), SHUT_WR);
  });
  std::string got;
  std::vector<UniqueFd> descriptors;
  std::vector<char> buffer(10'000);
  bool lost = false;
  for (;;) {
    const ssize_t size = receive_with(pair.b.get(), buffer, descriptors, lost);
    if (size <= 0) break;
    got.append(buffer.data(), static_cast<std::size_t>(size));
    ::pthread_kill(sender.native_handle(), SIGUSR1);
  }
  sender.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(sent);
  CHECK((got == head + big + "h"));
  CHECK_FALSE(lost);
  REQUIRE(descriptors.size() == 2);
  CHECK(::write(descriptors[1].get(), "x", 1) == 1);
  char byte = 0;
  CHECK(::read(descriptors[0].get(), &byte, 1) == 1);
  CHECK(byte == 'x');
}

TEST_CASE("sending to one who has gone is an error and no signal") {
  SocketPair pair;
  pair.b.reset();
  char byte = 'x';
  iovec part{&byte, 1};
  const auto result = send_all(pair.a.get(), {&part, 1}, {});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == EPIPE);
}
