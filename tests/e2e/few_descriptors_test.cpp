// A call that may have few descriptors is one that runs its command, shared or not.

#include <sys/resource.h>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// What programs of ours are linked with needs one to be loaded.
constexpr rlim_t kFewest = 4, kEnough = 40;

Spawn call_with(const Sandbox& box, const Words& options, rlim_t descriptors) {
  Spawn call = box.call(with(options, box.puppet({"out", "x\n", "exit", "3"})));
  call.before_exec = [descriptors] {
    const rlimit limit{descriptors, descriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
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
  Sandbox box;
  box.start_daemon();
  for (rlim_t descriptors = kFewest; descriptors < kEnough; ++descriptors) {
    INFO(descriptors);
    check_run(Started(call_with(box, {}, descriptors)).finish());
    check_run(Started(call_with(box, {"--"}, descriptors)).finish());
  }
  CHECK(box.executions() == 2 * (kEnough - kFewest));
}

TEST_CASE("With --require-daemon, too few descriptors are why nothing is run") {
  Sandbox box;
  box.start_daemon();
  const Result result = Started(call_with(box, {"--require-daemon"}, kFewest)).finish();
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
  CHECK(box.executions() == 0);
}
