// How plain calls end, whose request goes out before the C library is set up: as others do.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate")});
}

/// Lets some time go by, as little as a part of a call takes.
void idle(int rounds) {
  for (int round = 0; round < rounds; ++round) asm volatile("");
}

/// The same ends and outputs of both ways.
template <class Change>
Result check_same(const Sandbox& box, const Words& command, Change change) {
  Spawn plain = box.call(command), ordinary = box.call(with({"--"}, command));
  change(plain);
  change(ordinary);
  const Result result = Started(plain).finish();
  CHECK(result == Started(ordinary).finish());
  return result;
}

}  // namespace

TEST_CASE("Plain calls without some of the standard streams end as others") {
  Sandbox box;
  box.start_daemon();
  const int closed = GENERATE(0, 1, 2);
  const Words command =
      GENERATE(Words{"true"}, Words{"sh", "-c", "echo out; echo err >&2; exit 3"});
  check_same(box, command, [&](Spawn& call) { call.before_exec = [closed] { ::close(closed); }; });
}

TEST_CASE("A plain call gives its command what a file on stdin has left") {
  Sandbox box;
  box.start_daemon();
  box.write("input", "one\ntwo\n");
  const auto change = [&](const UniqueFd& input) {
    REQUIRE(::lseek(input.get(), 4, SEEK_SET) == 4);
    return [&input](Spawn& call) { call.in = input.get(); };
  };
  const UniqueFd input(::open(box.path("input").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(check_same(box, {"cat"}, change(input)) == exited(0, "two\n"));
}

TEST_CASE("A signal that comes at any time of a plain call ends it, and its run") {
  Sandbox box;
  box.start_daemon();
  for (int round = 0; round < 60; ++round) {
    Started caller = box.start(box.puppet({"wait-for", box.path("gate")}));
    idle(round * 20'000);
    caller.signal(SIGINT);
    const Result ended = caller.finish();
    CHECK(ended.signal == SIGINT);
    CHECK(ended.err.empty());
  }
  CHECK(eventually([&] { return box.stats().at("running") == 0; }));
}

TEST_CASE("Signals that a plain call was to ignore or found blocked reach its command so") {
  Sandbox box;
  box.start_daemon();
  Spawn call = box.call(box.puppet({"print-status", "SigBlk"}));
  call.before_exec = [] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
  };
  Spawn ordinary = call;
  ordinary.argv.insert(ordinary.argv.begin() + 1, "--");
  CHECK(Started(call).finish() == Started(ordinary).finish());
  // Run directly, it has the mask that it would have had without us.
  call.set("REDUCE_SOCKET", box.socket());
  const Result direct = Started(ordinary.set("REDUCE_OFF", "1")).finish();
  CHECK(box.run({"--stop"}) == exited(0));
  REQUIRE(eventually([&] { return box.daemons().empty(); }));
  box.start_daemon({"--max-callers", "0"});
  CHECK(Started(call).finish().out == direct.out);
}

TEST_CASE("A plain call starts the daemon that is absent, unless its folder is anybody's") {
  Sandbox box;
  CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.stats().at("total") == 1);
  std::filesystem::create_directory(box.path("open"));
  REQUIRE(::chmod(box.path("open").c_str(), 0777) == 0);
  const auto change = [&](Spawn& call) { call.set("REDUCE_SOCKET", box.path("open/v1.sock")); };
  const Result refused = check_same(box, {"true"}, change);
  CHECK(refused.code == 125);
  CHECK(is_own_line(refused.err));
}

TEST_CASE("A folder that others can write to is refused, though a daemon serves there") {
  Sandbox box;
  box.start_daemon();
  REQUIRE(::chmod(box.folder().c_str(), 0777) == 0);
  const Result refused = check_same(box, {"true"}, [](Spawn&) {});
  CHECK(refused.code == 125);
  CHECK(is_own_line(refused.err));
  REQUIRE(::chmod(box.folder().c_str(), 0700) == 0);
  CHECK(box.stats().at("total") == 0);
}

TEST_CASE("A plain call whose stdin is a pipe ends as others, and warns of what is left in it") {
  Sandbox box;
  box.start_daemon();
  const bool holds = GENERATE(false, true);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  if (holds) REQUIRE(::write(writer.get(), "text", 4) == 4);
  const Result result = check_same(box, {"true"}, [&](Spawn& call) { call.in = reader.get(); });
  CHECK(result.code == 0);
  CHECK(result.err.empty() != holds);
}

TEST_CASE("A plain call whose daemon dies says so") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started caller = box.start(gated(box));
  box.await_callers(1);
  daemon.signal(SIGKILL);
  const Result ended = caller.finish();
  CHECK(ended.code == 125);
  CHECK(is_own_line(ended.err));
}

TEST_CASE("A plain call that a dying daemon never read is made again elsewhere") {
  Sandbox box;
  for (int round = 0; round < 8; ++round) {
    Started& daemon = box.start_daemon();
    daemon.signal(SIGSTOP);
    Started caller = box.start({"echo", "hi"});
    idle(round * 500'000);
    daemon.signal(SIGKILL);
    CHECK(daemon.finish().signal == SIGKILL);
    CHECK(caller.finish() == exited(0, "hi\n"));
    CHECK(box.run({"--stop"}) == exited(0));
    REQUIRE(eventually([&] { return box.daemons().empty(); }));
  }
}
