// Whole trees of processes end with their last caller.

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// A shell that waits for a process of its own. Both add their pids to the file `tree`.
Words tree(const Sandbox& box, const std::string& before) {
  const std::string file = box.path("tree");
  return {"sh", "-c", before + "sleep 99 & echo $$ $! >>" + file + "; wait"};
}

std::vector<pid_t> members(const Sandbox& box) {
  std::vector<pid_t> pids;
  REQUIRE(eventually([&] { return box.read("tree").ends_with('\n'); }));
  std::istringstream words(box.read("tree"));
  for (pid_t pid = 0; words >> pid;) pids.push_back(pid);
  REQUIRE(std::ranges::all_of(pids, is_alive));
  return pids;
}

}  // namespace

TEST_CASE("A shell and its background process end when the last caller was killed") {
  Sandbox box;
  const std::string before = GENERATE("", "trap '' TERM; ");
  INFO(before);
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(tree(box, before)));
  box.await_callers(3);
  const auto processes = members(box);
  REQUIRE(processes.size() == 2);
  for (std::size_t left = callers.size(); left > 0; --left) {
    CHECK(std::ranges::all_of(processes, is_alive));
    callers[left - 1].signal(SIGKILL);
    CHECK(callers[left - 1].finish() == signaled(SIGKILL));
    box.await_callers(left - 1);
  }
  CHECK(eventually([&] { return std::ranges::none_of(processes, is_alive); }));
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
}

TEST_CASE("What ignores SIGTERM below a run that is killed by its id is killed after the grace") {
  Sandbox box;
  const Words command = with({"--kill-after=50ms"}, tree(box, "trap '' TERM; "));
  std::vector<Started> callers;
  for (int n = 0; n < 2; ++n) callers.push_back(box.start(command));
  box.await_callers(2);
  const auto processes = members(box);
  const auto id = std::to_string(box.list().at("runs").at(0).at("id").get<int>());
  CHECK(box.run({"--kill", id}) == exited(0));
  for (Started& caller : callers) CHECK(caller.finish() == signaled(SIGKILL));
  CHECK(eventually([&] { return std::ranges::none_of(processes, is_alive); }));
}
