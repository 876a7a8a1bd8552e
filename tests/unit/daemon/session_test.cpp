#include "daemon/session.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>

#include "support/catch.hpp"

using namespace reduce;

namespace {

/// Takes note of what a session asks for, and refuses it.
class RefusingHost final : public SessionHost {
 public:
  std::optional<Refused> admit(Session&, const CommandView&, UniqueFd cwd,
                               UniqueFd input) override {
    asked = true;
    has_cwd = static_cast<bool>(cwd);
    has_input = static_cast<bool>(input);
    return Refused{Remedy::run_direct, "noted"};
  }
  void leave(Session&) override {}
  bool pass_signal(Session&, int) override { return false; }
  Result<std::string> explain(Session&, const CommandView&, UniqueFd) override {
    return std::string();
  }
  Result<std::string> answer(const Query&) override { return std::string(); }
  void hand_over(Session&) override {}
  std::optional<Refused> observe(Session&) override { return std::nullopt; }
  void tire(Session&) override {}
  std::string line_on_dropped(std::uint64_t) override { return {}; }
  void closed(Session&) override {}

  bool asked = false;
  bool has_cwd = false;
  bool has_input = false;
};

UniqueFd open_path(const char* path, int flags) {
  UniqueFd file(::open(path, flags | O_CLOEXEC, 0600));
  REQUIRE(file);
  return file;
}

std::string run_frame(std::string_view digest) {
  CommandView command;
  command.args = PackedStrings(std::string_view("true\0", 5));
  command.options.input_digest = digest;
  std::string body;
  put_run_prefix(body, command);
  body += command.args.bytes();
  std::string frame;
  put_frame(frame, MessageType::run, body);
  return frame;
}

/// Sends one request to a session; the session's answer.
Remedy remedy_of(RefusingHost& host, std::string frame, std::span<const int> descriptors) {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd caller(ends[0]);
  iovec part{frame.data(), frame.size()};
  REQUIRE(send_all(caller.get(), {&part, 1}, descriptors).has_value());
  boost::asio::io_context io;
  std::make_shared<Session>(io, UniqueFd(ends[1]), Peer{}, host,
                            Session::Limits{1 << 20, std::chrono::seconds(10)})
      ->start();
  Inbox inbox(1 << 20);
  REQUIRE(inbox.receive(caller.get(), MSG_DONTWAIT) == Inbox::Arrival::bytes);
  const auto message = inbox.next();
  REQUIRE(message.has_value());
  REQUIRE(message->has_value());
  const auto refused = parse_refused((*message)->body);
  REQUIRE(refused.has_value());
  return refused->remedy;
}

}  // namespace

TEST_CASE("a session takes a directory, and content where its digest is given") {
  const UniqueFd cwd = open_path("/", O_PATH | O_DIRECTORY);
  const UniqueFd file = open_path("/tmp", O_TMPFILE | O_RDWR);
  const int both[] = {cwd.get(), file.get()};
  RefusingHost host;
  SECTION("without content") {
    CHECK(remedy_of(host, run_frame(""), {both, 1}) == Remedy::run_direct);
    CHECK_FALSE(host.has_input);
  }
  SECTION("with content") {
    CHECK(remedy_of(host, run_frame("digest"), both) == Remedy::run_direct);
    CHECK(host.has_input);
  }
  CHECK(host.has_cwd);
}

TEST_CASE("a session refuses content that is not what its digest says it has") {
  const UniqueFd cwd = open_path("/", O_PATH | O_DIRECTORY);
  const UniqueFd file = open_path("/tmp", O_TMPFILE | O_RDWR);
  const UniqueFd device = open_path("/dev/zero", O_RDONLY);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  RefusingHost host;
  const auto remedy = [&](std::string_view digest, std::vector<int> descriptors) {
    return remedy_of(host, run_frame(digest), descriptors);
  };
  CHECK(remedy("digest", {cwd.get()}) == Remedy::give_up);
  CHECK(remedy("", {cwd.get(), file.get()}) == Remedy::give_up);
  CHECK(remedy("digest", {cwd.get(), reader.get()}) == Remedy::give_up);
  CHECK(remedy("digest", {cwd.get(), device.get()}) == Remedy::give_up);
  CHECK(remedy("digest", {cwd.get(), cwd.get()}) == Remedy::give_up);
  CHECK(remedy("", {}) == Remedy::give_up);
  CHECK_FALSE(host.asked);
}
