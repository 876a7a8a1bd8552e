// The daemon's own resource limits, which it has from whoever started it: they bind no call.

#include <sys/resource.h>

#include "support/catch.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

constexpr std::uint64_t kSeed = 5, kSize = 300'000;
constexpr rlim_t kSmallFile = 50'000;

enum class Hard { kept, lowered };

Spawn with_small_files(Spawn spawn, rlim_t most, Hard hard) {
  spawn.before_exec = [most, hard] {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = most;
    if (hard == Hard::lowered) limit.rlim_max = most;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  };
  return spawn;
}

Words much_output(const Sandbox& box) {
  return box.puppet({"noise", std::to_string(kSeed), std::to_string(kSize), "out"});
}

void check_whole(const Result& result) {
  INFO(result);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  NoiseCheck check(kSeed);
  check.take(result.out);
  CHECK(check.is_whole(kSize));
}

}  // namespace

TEST_CASE("Soft limits of the call that starts a daemon are not the daemon's") {
  Sandbox box;
  CHECK(Started(with_small_files(box.call({"true"}), kSmallFile, Hard::kept)).finish() ==
        exited(0));
  const auto daemon = box.daemon_pid();
  check_whole(box.run(with({"--require-daemon"}, much_output(box))));
  // Files are bounded for a caller's own process, but not what it writes to pipes.
  check_whole(Started(with_small_files(box.call(with({"--require-daemon"}, much_output(box))),
                                       kSmallFile, Hard::kept))
                  .finish());
  CHECK(box.daemon_pid() == daemon);
}

TEST_CASE("A process has its caller's soft limits, also where the daemon was started with them") {
  Sandbox box;
  const Words command = {"sh", "-c", "ulimit -S -f; exec head -c 300000 /dev/zero >large"};
  const Spawn direct =
      with_small_files(box.direct(with({"/usr/bin/env"}, command)), 51'200, Hard::kept);
  const Result expected = Started(direct).finish();
  REQUIRE(expected.signal == SIGXFSZ);
  Spawn call = box.call(with({"--require-daemon"}, command));
  for (int n = 0; n < 2; ++n) {
    CHECK(Started(with_small_files(call, 51'200, Hard::kept)).finish() == expected);
  }
  // Nor does one have more than its caller.
  box.run({"--stop"});
  box.start_daemon();
  CHECK(Started(with_small_files(call, 51'200, Hard::kept)).finish() == expected);
}

TEST_CASE("A daemon that may only have small files keeps output in more of them") {
  Sandbox box;
  Started daemon(
      with_small_files(box.direct({Sandbox::program("reduced")}), kSmallFile, Hard::lowered));
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  const Spawn call = box.call(with({"--require-daemon"}, much_output(box)));
  check_whole(Started(with_small_files(call, kSmallFile, Hard::lowered)).finish());
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("A daemon that may have no files says so to callers of commands with output") {
  Sandbox box;
  Started daemon(with_small_files(box.direct({Sandbox::program("reduced")}), 0, Hard::lowered));
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  const Spawn call = box.call(with({"--require-daemon"}, {"echo", "hi"}));
  const Result result = Started(with_small_files(call, 0, Hard::lowered)).finish();
  INFO(result);
  CHECK(result.code == 125);
  CHECK(result.out.empty());
  CHECK(is_own_line(result.err));
  CHECK(result.err.find("cannot write to the spool: File too large") != std::string::npos);
  const Spawn silent = box.call({"--require-daemon", "true"});
  CHECK(Started(with_small_files(silent, 0, Hard::lowered)).finish() == exited(0));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
}
