// Clients that do not behave, and limits.

#include <cstring>

#include "support/catch.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

UniqueFd connect(const Sandbox& box) {
  UniqueFd client = connect_raw(box.socket());
  REQUIRE(client);
  return client;
}

void check_serves(const Sandbox& box, Started& daemon) {
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(daemon.is_running());
  CHECK(box.daemon_pid() == daemon.pid());
}

}  // namespace

TEST_CASE("A daemon survives clients that send garbage") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    char bytes[64];
    Noise noise(seed);
    noise.fill(bytes, sizeof bytes);
    const UniqueFd client = connect(box);
    send_raw(client, {bytes, 1 + seed % sizeof bytes});
  }
  check_serves(box, daemon);
}

TEST_CASE("A daemon survives frames of every type with short bodies") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  for (int type = 0; type < 256; ++type) {
    for (const char filler : {'\0', '\x01', '\xff'}) {
      std::string frame("\x18\0\0\0", 4);
      frame.push_back(static_cast<char>(type));
      frame.append("\x01\0\0", 3).append(24, filler);
      const UniqueFd client = connect(box);
      send_raw(client, frame);
    }
  }
  check_serves(box, daemon);
}

TEST_CASE("Clients that promise requests as large as allowed take no memory for them") {
  constexpr std::uint32_t kPromised = (8 << 20) - 1;
  constexpr std::uint64_t kClients = 50;
  Sandbox box;
  Started& daemon = box.start_daemon({"--max-request", "8M", "--request-timeout", "1h"});
  check_serves(box, daemon);
  const std::uint64_t before = resident_bytes(daemon.pid());
  const std::size_t idle = settled_descriptors(daemon.pid());
  std::string beginning(sizeof kPromised, '\0');
  std::memcpy(beginning.data(), &kPromised, sizeof kPromised);
  beginning.append("\x01\x01\0\0", 4).append(100, 'x');
  std::vector<UniqueFd> clients;
  for (std::uint64_t n = 0; n < kClients; ++n) {
    clients.push_back(connect(box));
    send_raw(clients.back(), beginning);
  }
  check_serves(box, daemon);
  // Each is listened to still.
  CHECK(settled_descriptors(daemon.pid()) == idle + kClients);
  // Sanitizers keep an account of each byte.
  CHECK(resident_bytes(daemon.pid()) < before + kClients * kPromised / 4);
}

TEST_CASE("Clients that send their own end of the connection leave nothing when they are gone") {
  Sandbox box;
  Started& daemon = box.start_daemon({"--max-observers", "5"});
  check_serves(box, daemon);
  const std::size_t before = settled_descriptors(daemon.pid());
  for (int n = 0; n < 20; ++n) {
    // PROTOCOL.md: `query`, "events".
    const UniqueFd client = connect(box);
    const int own = client.get();
    send_descriptors(client, raw_frame(4, "\x06"), {&own, 1});
    send_descriptors(client, "x", {&own, 1});
  }
  CHECK(eventually([&] { return open_descriptors(daemon.pid()) == before; }));
  UniqueFd caller = connect(box);
  send_run(caller, box.puppet({"wait-for", box.path("gate")}));
  const int own = caller.get();
  send_descriptors(caller, "x", {&own, 1});
  REQUIRE(eventually([&] { return box.executions() == 1; }));
  caller.reset();
  CHECK(eventually([&] { return open_descriptors(daemon.pid()) == before; }));
  CHECK(box.list().at("runs").empty());
  check_serves(box, daemon);
}

TEST_CASE("Clients that say nothing hold nobody, and do not keep a daemon from ending") {
  Sandbox box;
  // They are not let go of because of their silence.
  Started& daemon = box.start_daemon({"--request-timeout", "1h"});
  std::vector<UniqueFd> clients;
  for (int n = 0; n < 50; ++n) clients.push_back(connect(box));
  check_serves(box, daemon);
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("A call over the limit of runs says so in one line and runs directly") {
  Sandbox box;
  box.start_daemon({"--max-runs", "1"});
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "x"});
  Started first = box.start(command);
  box.await_callers(1);
  Started joined = box.start(command);
  box.await_callers(2);
  const Result other = box.run({"echo", "hi"});
  CHECK(other.code == 0);
  CHECK(other.out == "hi\n");
  CHECK(is_own_line(other.err));
  const Result required = box.run({"--require-daemon", "echo", "hi"});
  CHECK(required.code == 125);
  CHECK(required.out.empty());
  CHECK(is_own_line(required.err));
  box.touch("gate");
  CHECK(first.finish() == exited(0, "x"));
  CHECK(joined.finish() == exited(0, "x"));
}

TEST_CASE("A call over the limit of callers says so in one line and runs directly") {
  Sandbox box;
  box.start_daemon({"--max-callers", "2"});
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "x"});
  Started first = box.start(command);
  box.await_callers(1);
  Started second = box.start(command);
  REQUIRE(eventually([&] { return box.list().at("runs").at(0).at("callers") == 2; }));
  const Result third = box.run({"echo", "hi"});
  CHECK(third.code == 0);
  CHECK(third.out == "hi\n");
  CHECK(is_own_line(third.err));
  box.touch("gate");
  for (Started* caller : {&first, &second}) {
    const Result result = caller->finish();
    CHECK(result.code == 0);
    CHECK(result.out == "x");
  }
}
