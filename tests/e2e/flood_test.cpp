// Clients that keep to the words of the protocol and to nothing else.

#include <poll.h>
#include <sys/socket.h>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/paced_reader.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

constexpr unsigned char kWho = 5, kMoving = 7, kRefused = 67;

std::string many(unsigned char type) {
  std::string frames;
  while (frames.size() < 64 * 1024) frames += raw_frame(type, "");
  return frames;
}

/// All that comes until the daemon hangs up. Fails where it does not.
std::string read_to_end(const UniqueFd& client) {
  std::string all;
  char bytes[4096];
  for (;;) {
    pollfd asked{client.get(), POLLIN, 0};
    REQUIRE(::poll(&asked, 1, static_cast<int>(kPatience.count())) == 1);
    const ssize_t got = ::recv(client.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return all;
    all.append(bytes, static_cast<std::size_t>(got));
  }
}

}  // namespace

TEST_CASE("A caller that asks and asks, and never reads, takes no memory") {
  const unsigned char word = GENERATE(kWho, kMoving);
  CAPTURE(static_cast<int>(word));
  Sandbox box;
  const pid_t daemon = box.start_daemon().pid();
  const UniqueFd client = connect_raw(box.socket());
  REQUIRE(client);
  send_run(client, box.puppet({"wait-for", box.path("gate")}));
  box.await_callers(1);
  const std::uint64_t before = resident_bytes(daemon);
  const std::string words = many(word);
  for (int n = 0; n < 200; ++n) send_raw(client, words);
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(resident_bytes(daemon) <= before + 4 * kMebibyte);
  box.touch("gate");
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
}

TEST_CASE("A word that is no request does not make a silent connection last") {
  Sandbox box;
  box.start_daemon({"--request-timeout", "1h"});
  const UniqueFd client = connect_raw(box.socket());
  REQUIRE(client);
  send_raw(client, raw_frame(kMoving, ""));
  CHECK(read_to_end(client).empty());
}

TEST_CASE("A daemon that ends waits for no request") {
  Sandbox box;
  Started& daemon = box.start_daemon({"--request-timeout", "1h"});
  const UniqueFd silent = connect_raw(box.socket()), half = connect_raw(box.socket());
  REQUIRE(silent);
  REQUIRE(half);
  send_raw(half, raw_frame(kWho, "x").substr(0, 5));
  REQUIRE(box.run({"true"}) == exited(0));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
  for (const UniqueFd* client : {&silent, &half}) {
    const std::string word = read_to_end(*client);
    REQUIRE(word.size() > 8);
    CHECK(static_cast<unsigned char>(word[4]) == kRefused);
    // "Try again": another daemon may be there.
    CHECK(word[8] == 0);
  }
}

TEST_CASE("A caller that takes nothing of an ended run does not keep a daemon that is told twice") {
  Sandbox box;
  constexpr std::uint64_t kSize = 3 * kMebibyte;
  Started& daemon = box.start_daemon();
  PacedReader stopped(box, write_noise(box, kSize));
  box.await_callers(1);
  stopped.caller().signal(SIGSTOP);
  box.touch("gate");
  REQUIRE(eventually([&] { return box.list().at("runs").empty(); }));
  daemon.signal(SIGTERM);
  REQUIRE(eventually([&] { return !box.daemon_pid(); }));
  CHECK(daemon.is_running());
  daemon.signal(SIGTERM);
  const bool thrice = GENERATE(false, true);
  if (thrice) daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
  stopped.caller().signal(SIGCONT);
  read_all({{stopped, kMebibyte}});
  const Result result = stopped.caller().finish();
  INFO(result);
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
}

TEST_CASE("Readers of events are bounded, and one more is told so") {
  Sandbox box;
  box.start_daemon({"--max-observers", "2"});
  Started first = box.start({"--events"}), second = box.start({"--events"});
  REQUIRE(eventually([&] {
    box.run({"true"});
    return !first.out().empty() && !second.out().empty();
  }));
  const Result third = box.run({"--events"});
  CHECK(third.code == 125);
  CHECK(is_own_line(third.err));
  CHECK(third.err.find("--max-observers") != std::string::npos);
  for (Started* each : {&first, &second}) {
    each->signal(SIGINT);
    each->finish();
  }
}
