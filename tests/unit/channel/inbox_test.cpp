#include "channel/inbox.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "channel/socket.hpp"
#include "support/catch.hpp"
#include "support/descriptors.hpp"
#include "wire/message.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

using Arrival = Inbox::Arrival;

constexpr std::size_t kLargest = 4 << 20;

/// Two ends of a connection: what is sent at `far` comes in at `near`.
struct Connection {
  Connection() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  void send(std::string_view bytes, std::vector<int> descriptors = {}) const {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const ssize_t sent = send_with(far.get(), {&part, 1}, descriptors, MSG_DONTWAIT);
    REQUIRE(sent == static_cast<ssize_t>(bytes.size()));
  }
  Arrival receive(Inbox& inbox) const { return inbox.receive(near.get(), MSG_DONTWAIT); }

  UniqueFd near, far;
};

std::string frame(MessageType type, std::string_view body) {
  std::string bytes;
  put_frame(bytes, type, body);
  return bytes;
}

bool has_nothing(Inbox& inbox) {
  const auto message = inbox.next();
  return message.has_value() && !*message;
}

void check_next(Inbox& inbox, MessageType type, std::string_view body) {
  const auto message = inbox.next();
  REQUIRE(message.has_value());
  REQUIRE(*message);
  CHECK((*message)->type == type);
  CHECK(((*message)->body == body));
}

/// A file that says which one it is.
UniqueFd file_with(std::string_view text) {
  UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
  REQUIRE(::pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return file;
}

}  // namespace

TEST_CASE("a message that comes byte by byte is given out when it is whole") {
  const Connection connection;
  Inbox inbox(kLargest);
  const std::string first = frame(MessageType::query, "what?");
  const std::string second = frame(MessageType::caught_up, "");
  for (const std::string& bytes : {first, second, first}) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      CHECK(has_nothing(inbox));
      connection.send(bytes.substr(at, 1));
      REQUIRE(connection.receive(inbox) == Arrival::bytes);
    }
    if (bytes == first) {
      check_next(inbox, MessageType::query, "what?");
    } else {
      check_next(inbox, MessageType::caught_up, "");
    }
    CHECK(has_nothing(inbox));
  }
}

TEST_CASE("several messages that come at once are given out one by one") {
  const Connection connection;
  Inbox inbox(kLargest);
  const std::string last = frame(MessageType::run, "the last one is cut");
  connection.send(frame(MessageType::signal, std::string("\2\0\0\0", 4)) +
                  frame(MessageType::caught_up, "") + frame(MessageType::reply, "{}") +
                  last.substr(0, 15));
  REQUIRE(connection.receive(inbox) == Arrival::bytes);
  check_next(inbox, MessageType::signal, std::string_view("\2\0\0\0", 4));
  check_next(inbox, MessageType::caught_up, "");
  check_next(inbox, MessageType::reply, "{}");
  CHECK(has_nothing(inbox));
  CHECK(has_nothing(inbox));
  connection.send(last.substr(15));
  REQUIRE(connection.receive(inbox) == Arrival::bytes);
  check_next(inbox, MessageType::run, "the last one is cut");
  CHECK(connection.receive(inbox) == Arrival::none);
  CHECK(has_nothing(inbox));
}

TEST_CASE("a message larger than any buffer comes whole") {
  const Connection connection;
  Inbox inbox(kLargest);
  std::string body(3 << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 / 3);
  const std::string bytes = frame(MessageType::run, body) + frame(MessageType::caught_up, "");
  for (std::size_t at = 0; at < bytes.size(); at += 50'000) {
    CHECK(has_nothing(inbox));
    connection.send(std::string_view(bytes).substr(at, 50'000));
    while (connection.receive(inbox) == Arrival::bytes) {
    }
  }
  check_next(inbox, MessageType::run, body);
  check_next(inbox, MessageType::caught_up, "");
}

TEST_CASE("nothing there and an end and a reset are told apart") {
  Inbox inbox(kLargest);
  SECTION("nothing is there") {
    const Connection connection;
    CHECK(connection.receive(inbox) == Arrival::none);
  }
  SECTION("the other side has ended and had read all") {
    Connection connection;
    REQUIRE(::send(connection.near.get(), "x", 1, 0) == 1);
    char byte;
    REQUIRE(::recv(connection.far.get(), &byte, 1, 0) == 1);
    connection.far.reset();
    CHECK(connection.receive(inbox) == Arrival::closed);
    CHECK(connection.receive(inbox) == Arrival::closed);
  }
  SECTION("the other side has ended its sending alone") {
    Connection connection;
    ::shutdown(connection.far.get(), SHUT_WR);
    CHECK(connection.receive(inbox) == Arrival::closed);
  }
  SECTION("the other side has ended without reading all") {
    Connection connection;
    REQUIRE(::send(connection.near.get(), "x", 1, 0) == 1);
    connection.far.reset();
    CHECK(connection.receive(inbox) == Arrival::reset);
  }
  SECTION("the socket is broken") {
    CHECK(inbox.receive(-1) == Arrival::reset);
  }
}

TEST_CASE("what was sent before the end is still given out") {
  const bool unread = GENERATE(true, false);
  Connection connection;
  Inbox inbox(kLargest);
  connection.send(frame(MessageType::query, "last words"));
  if (unread) REQUIRE(::send(connection.near.get(), "x", 1, 0) == 1);
  connection.far.reset();
  REQUIRE(connection.receive(inbox) == Arrival::bytes);
  CHECK(connection.receive(inbox) == (unread ? Arrival::reset : Arrival::closed));
  check_next(inbox, MessageType::query, "last words");
}

TEST_CASE("descriptors come in the order in which they were sent") {
  const Connection connection;
  Inbox inbox(kLargest);
  const UniqueFd one = file_with("one"), two = file_with("two"), three = file_with("three");
  const int before = count_open_descriptors();
  connection.send(frame(MessageType::notice, "a"), {one.get()});
  connection.send(frame(MessageType::notice, "b"));
  connection.send(frame(MessageType::notice, "c"), {two.get(), three.get()});
  while (connection.receive(inbox) == Arrival::bytes) {
  }
  check_next(inbox, MessageType::notice, "a");
  check_next(inbox, MessageType::notice, "b");
  check_next(inbox, MessageType::notice, "c");
  for (const char* text : {"one", "two", "three"}) {
    const UniqueFd file = inbox.take_descriptor();
    REQUIRE(file);
    CHECK(read_at(file.get(), 0, 10) == text);
    CHECK((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK_FALSE(inbox.take_descriptor());
  CHECK(count_open_descriptors() == before);
}

TEST_CASE("a descriptor that comes with the first byte waits for its message") {
  const Connection connection;
  Inbox inbox(kLargest);
  const UniqueFd file = file_with("here");
  const std::string bytes = frame(MessageType::run, "body");
  connection.send(bytes.substr(0, 1), {file.get()});
  REQUIRE(connection.receive(inbox) == Arrival::bytes);
  CHECK(has_nothing(inbox));
  connection.send(bytes.substr(1));
  REQUIRE(connection.receive(inbox) == Arrival::bytes);
  check_next(inbox, MessageType::run, "body");
  CHECK(read_at(inbox.take_descriptor().get(), 0, 10) == "here");
}

TEST_CASE("one who sends descriptors without end is refused and they are closed") {
  const Connection connection;
  const UniqueFd file = file_with("x");
  const int before = count_open_descriptors();
  {
    Inbox inbox(kLargest);
    bool refused = false;
    for (int i = 0; i < 100 && !refused; ++i) {
      connection.send("x", {file.get(), file.get(), file.get(), file.get()});
      REQUIRE(connection.receive(inbox) == Arrival::bytes);
      refused = !inbox.next().has_value();
      CHECK(count_open_descriptors() <= before + 12);
    }
    CHECK(refused);
  }
  CHECK(count_open_descriptors() == before);
}

TEST_CASE("a message over the bound is refused before it has come") {
  const Connection connection;
  Inbox inbox(100);
  std::string head;
  put_frame_head(head, MessageType::run, 101);
  connection.send(head);
  REQUIRE(connection.receive(inbox) == Arrival::bytes);
  CHECK_FALSE(inbox.next().has_value());
  CHECK_FALSE(inbox.next().has_value());
}

TEST_CASE("bytes that are no message are refused after the sound ones before them") {
  const Connection connection;
  Inbox inbox(kLargest);
  connection.send(frame(MessageType::caught_up, "") + "GET / HTTP/1.1\r\n\r\n");
  REQUIRE(connection.receive(inbox) == Arrival::bytes);
  check_next(inbox, MessageType::caught_up, "");
  CHECK_FALSE(inbox.next().has_value());
}
