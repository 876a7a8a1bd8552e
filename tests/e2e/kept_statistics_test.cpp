// Statistics outlive the daemon that counts.

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// A daemon in surroundings of the test's own.
Spawn daemon_of(const Sandbox& box, const Words& options = {}) {
  return box.direct(with({Sandbox::program("reduced"), "--socket", box.socket()}, options));
}

void await_service(const Sandbox& box, const Started& daemon) {
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
}

/// The files in which statistics are kept, by their full paths.
Words kept_files(const std::string& folder) {
  Words files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    files.push_back(entry.path());
  }
  return files;
}

std::string default_folder(const Sandbox& box) {
  return box.path(".local/state/reduce");
}

/// Waits until what a daemon has kept counts so many calls.
void await_kept_total(const Sandbox& box, int total) {
  const auto is_kept = [&] {
    for (const std::string& file : kept_files(default_folder(box))) {
      const auto kept = nlohmann::json::parse(read_file(file), nullptr, false);
      if (kept.is_object() && kept.at("totals").at("total") == total) return true;
    }
    return false;
  };
  REQUIRE(eventually(is_kept));
}

void end(Started& daemon) {
  daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
}

}  // namespace

TEST_CASE("Statistics outlive a daemon that ends") {
  Sandbox box;
  const bool asked = GENERATE(true, false);
  Started& daemon = box.start_daemon();
  CHECK(box.run({"false"}) == exited(1));
  const auto before = nlohmann::json::parse(box.run({"--stats=detail", "--json"}).out);
  if (asked) CHECK(box.run({"--stop"}) == exited(0));
  if (!asked) daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
  CHECK(kept_files(default_folder(box)).size() == 1);
  box.start_daemon();
  CHECK(nlohmann::json::parse(box.run({"--stats=detail", "--json"}).out) == before);
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.stats().at("total") == 2);
}

TEST_CASE("Statistics are kept soon: a daemon that is killed has kept them") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  CHECK(box.run({"false"}) == exited(1));
  const auto before = box.stats();
  await_kept_total(box, 1);
  daemon.signal(SIGKILL);
  CHECK(daemon.finish().signal == SIGKILL);
  box.start_daemon();
  CHECK(box.stats() == before);
}

TEST_CASE("What a run in flight has counted is kept too") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  // Nothing is left to be kept, and no other call comes and goes.
  await_kept_total(box, 0);
  Started caller = box.start(box.puppet({"wait-for", box.path("gate")}));
  await_kept_total(box, 1);
  daemon.signal(SIGKILL);
  CHECK(caller.finish().code == 125);
  CHECK(daemon.finish().signal == SIGKILL);
  box.start_daemon();
  CHECK(box.stats().at("total") == 1);
  CHECK(box.stats().at("executed") == 1);
}

TEST_CASE("A reset is kept as well") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.run({"--stats", "--reset"}).code == 0);
  const double since = box.stats().at("since");
  end(daemon);
  box.start_daemon();
  CHECK(box.stats().at("total") == 0);
  CHECK(box.stats().at("since") == since);
}

TEST_CASE("A reset is kept at once: a daemon that is killed has kept it") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  CHECK(box.run({"true"}) == exited(0));
  await_kept_total(box, 1);
  CHECK(box.run({"--stats", "--reset"}).code == 0);
  daemon.signal(SIGKILL);
  CHECK(daemon.finish().signal == SIGKILL);
  box.start_daemon();
  CHECK(box.stats().at("total") == 0);
}

TEST_CASE("Statistics are kept where XDG_STATE_HOME says, also by a daemon that a call starts") {
  Sandbox box;
  Spawn call = box.call({"true"});
  call.set("XDG_STATE_HOME", box.path("state"));
  CHECK(Started(call).finish() == exited(0));
  CHECK(box.run({"--stop"}) == exited(0));
  REQUIRE(eventually([&] { return box.daemons().empty(); }));
  CHECK(kept_files(box.path("state/reduce")).size() == 1);
  CHECK_FALSE(box.exists(".local"));
}

TEST_CASE("Daemons of two sockets keep their statistics apart") {
  Sandbox box;
  const std::string other_socket = box.path("other.sock");
  for (int round = 1; round <= 2; ++round) {
    Started& daemon = box.start_daemon();
    Started other(box.direct({Sandbox::program("reduced"), "--socket", other_socket}));
    REQUIRE(eventually([&] { return box.run({"--socket", other_socket, "--list"}).code == 0; }));
    for (int n = 0; n < 3; ++n) CHECK(box.run({"true"}) == exited(0));
    CHECK(box.run({"--socket", other_socket, "true"}) == exited(0));
    CHECK(box.stats().at("total") == 3 * round);
    const Result asked = box.run({"--socket", other_socket, "--stats", "--json"});
    CHECK(nlohmann::json::parse(asked.out).at("total") == round);
    end(daemon);
    end(other);
  }
  CHECK(kept_files(default_folder(box)).size() == 2);
}

TEST_CASE("A damaged file is set aside with one line, and counting begins anew") {
  Sandbox box;
  Started& first = box.start_daemon();
  CHECK(box.run({"true"}) == exited(0));
  end(first);
  const Words files = kept_files(default_folder(box));
  REQUIRE(files.size() == 1);
  REQUIRE(::truncate(files[0].c_str(), 20) == 0);
  Started& second = box.start_daemon();
  CHECK(box.stats().at("total") == 0);
  CHECK(box.run({"true"}) == exited(0));
  second.signal(SIGTERM);
  const Result ended = second.finish();
  CHECK(ended.code == 0);
  CHECK(ended.err.starts_with("reduced: "));
  CHECK(std::ranges::count(ended.err, '\n') == 1);
  CHECK(kept_files(default_folder(box)).size() == 2);
  box.start_daemon();
  CHECK(box.stats().at("total") == 1);
}

TEST_CASE("Where nothing can be kept one line says so, and no call is disturbed") {
  Sandbox box;
  Spawn spawn = daemon_of(box);
  // Nobody can make a folder there, not even root.
  spawn.set("XDG_STATE_HOME", "/proc/nowhere");
  Started daemon(spawn);
  await_service(box, daemon);
  CHECK(box.run({"true"}) == exited(0));
  REQUIRE(eventually([&] { return !daemon.err().empty(); }));
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.stats().at("total") == 2);
  daemon.signal(SIGTERM);
  const Result ended = daemon.finish();
  CHECK(ended.code == 0);
  CHECK(ended.err.starts_with("reduced: cannot keep the statistics"));
  CHECK(std::ranges::count(ended.err, '\n') == 1);
}

TEST_CASE("A daemon that knows no home keeps nothing and serves") {
  Sandbox box;
  Spawn spawn = daemon_of(box);
  spawn.unset("HOME");
  Started daemon(spawn);
  await_service(box, daemon);
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.stats().at("total") == 1);
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}
