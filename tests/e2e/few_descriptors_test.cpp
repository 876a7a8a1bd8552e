// A call that may have few descriptors is one that runs its command, shared or not.

#include <linux/close_range.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// What programs of ours are linked with needs one to be loaded.
constexpr rlim_t kFewest = 4, kEnough = 40;

void limit_descriptors(Spawn& spawn, rlim_t most) {
  spawn.before_exec = [most] {
    // What this process was given itself does not count.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    const rlimit limit{most, most};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
}

Spawn call_with(const Sandbox& box, const Words& options, rlim_t descriptors) {
  Spawn call = box.call(with(options, box.puppet({"out", "x\n", "exit", "3"})));
  limit_descriptors(call, descriptors);
  return call;
}

/// Run, and with one line at most.
void check_run(const Result& result) {
  CHECK(result.code == 3);
  CHECK(result.out == "x\n");
  CHECK((result.err.empty() || is_own_line(result.err)));
}

}  // namespace

TEST_CASE("However few descriptors a call may have, the command runs") {
  if (is_sanitized()) return;
  Sandbox box;
  box.start_daemon();
  for (rlim_t descriptors = kFewest; descriptors < kEnough; ++descriptors) {
    INFO(descriptors);
    check_run(Started(call_with(box, {}, descriptors)).finish());
    check_run(Started(call_with(box, {"--"}, descriptors)).finish());
  }
  CHECK(box.executions() == 2 * (kEnough - kFewest));
}

TEST_CASE("However few descriptors a call may have, starting a daemon adds one line at most") {
  if (is_sanitized()) return;
  Sandbox box;
  for (rlim_t descriptors = kFewest; descriptors < kEnough; ++descriptors) {
    INFO(descriptors);
    // Without output, which a daemon that has few itself may have no room for.
    Spawn call = box.call(box.puppet({"exit", "3"}));
    limit_descriptors(call, descriptors);
    const Result result = Started(call).finish();
    CHECK(result.code == 3);
    CHECK((result.err.empty() || is_own_line(result.err)));
    box.run({"--stop"});
    REQUIRE(eventually([&] { return box.daemons().empty(); }));
  }
  CHECK(box.executions() == kEnough - kFewest);
}

TEST_CASE("A daemon that may not have the descriptors it needs says so") {
  if (is_sanitized()) return;
  Sandbox box;
  Spawn daemon = box.direct({Sandbox::program("reduced"), "--socket", box.socket()});
  limit_descriptors(daemon, 8);
  const Result result = Started(daemon).finish();
  CHECK(result.code == 125);
  CHECK(result.err == "reduced: cannot serve: Too many open files\n");
  CHECK_FALSE(box.exists("v1.sock"));
}

TEST_CASE("With --require-daemon, too few descriptors are why nothing is run") {
  if (is_sanitized()) return;
  Sandbox box;
  box.start_daemon();
  const Result result = Started(call_with(box, {"--require-daemon"}, kFewest)).finish();
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
  CHECK(box.executions() == 0);
}
