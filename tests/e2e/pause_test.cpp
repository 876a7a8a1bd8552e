// Ctrl-Z stops one caller, not the run.

#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// In a process group of its own: in one that no shell watches over, the kernel drops SIGTSTP.
Started start_job(const Sandbox& box, const Words& words) {
  Spawn call = box.call(words);
  call.before_exec = [] { ::setpgid(0, 0); };
  return Started(call);
}

bool has_stopped(const Started& process) {
  const auto is_it = [&](const ProcessInfo& info) {
    return info.pid == process.pid() && info.state == 'T';
  };
  return eventually([&] { return std::ranges::any_of(descendants(), is_it); });
}

}  // namespace

TEST_CASE("Ctrl-Z to one of three callers stops it alone, and it loses nothing") {
  Sandbox box;
  const int number = GENERATE(SIGTSTP, SIGSTOP);
  const std::size_t which = GENERATE(0U, 1U);
  const Words command =
      box.puppet({"trap-file", "TSTP", box.path("signaled"), "out", "begin ", "err", "told ",
                  "wait-for", box.path("gate"), "out", "end", "err", "all", "exit", "5"});
  std::vector<Started> callers;
  for (std::size_t n = 0; n < 3; ++n) {
    callers.push_back(start_job(box, command));
    box.await_callers(n + 1);
  }
  Started& stopped = callers[which];
  REQUIRE(eventually([&] { return stopped.out() == "begin " && stopped.err() == "told "; }));
  stopped.signal(number);
  REQUIRE(has_stopped(stopped));
  box.touch("gate");
  for (Started& caller : callers) {
    if (&caller != &stopped) CHECK(caller.finish() == exited(5, "begin end", "told all"));
  }
  CHECK(stopped.is_running());
  CHECK(stopped.out() == "begin ");
  stopped.signal(SIGCONT);
  CHECK(stopped.finish() == exited(5, "begin end", "told all"));
  CHECK_FALSE(box.exists("signaled"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A run goes on to its end while its only caller is stopped") {
  Sandbox box;
  Started caller = start_job(box, box.puppet({"out", "begin ", "wait-for", box.path("gate"), "out",
                                              "end", "touch", box.path("done"), "exit", "6"}));
  REQUIRE(eventually([&] { return caller.out() == "begin "; }));
  caller.signal(SIGTSTP);
  REQUIRE(has_stopped(caller));
  box.touch("gate");
  box.await_file("done");
  CHECK(caller.out() == "begin ");
  caller.signal(SIGCONT);
  CHECK(caller.finish() == exited(6, "begin end"));
}

TEST_CASE("A stopped caller may be joined, and killed without harm to who joined") {
  Sandbox box;
  const Words command = box.puppet({"out", "begin ", "wait-for", box.path("gate"), "out", "end"});
  Started first = start_job(box, command);
  REQUIRE(eventually([&] { return first.out() == "begin "; }));
  first.signal(SIGTSTP);
  REQUIRE(has_stopped(first));
  Started second = box.start(command);
  box.await_callers(2);
  first.signal(SIGKILL);
  CHECK(first.finish() == signaled(SIGKILL, "begin "));
  box.await_callers(1);
  box.touch("gate");
  CHECK(second.finish() == exited(0, "begin end"));
  CHECK(box.executions() == 1);
}
