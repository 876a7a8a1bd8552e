#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// A puppet that says something on both streams once the file `gate` is there.
Words gated(const Sandbox& box, int code = 0) {
  return box.puppet({"out", "first\n", "wait-for", box.path("gate"), "err", "a warning\n", "out",
                     "last\n", "exit", std::to_string(code)});
}

const std::string kOut = "first\nlast\n";
const std::string kErr = "a warning\n";

}  // namespace

TEST_CASE("51 callers of one command, one of them late, share one process") {
  Sandbox box;
  const Words command = gated(box, 3);
  std::vector<Started> callers;
  for (int n = 0; n < 50; ++n) callers.push_back(box.start(command));
  box.await_callers(50);
  REQUIRE(eventually([&] { return callers.front().out() == "first\n"; }));
  callers.push_back(box.start(command));
  box.await_callers(51);
  box.touch("gate");

  for (Started& caller : callers) CHECK(caller.finish() == exited(3, kOut, kErr));
  CHECK(box.executions() == 1);
  const auto stats = box.stats();
  CHECK(stats.at("total") == 51);
  CHECK(stats.at("executed") == 1);
  CHECK(stats.at("reduced") == 50);
  CHECK(stats.at("errors") == 1);
  CHECK(stats.at("running") == 0);
  CHECK(stats.at("callers") == 0);
  CHECK(stats.at("time_saved_seconds") > 0.0);
}

TEST_CASE("A command called again after its end runs again") {
  Sandbox box;
  const Words command = box.puppet({"out", "hello\n"});
  CHECK(box.run(command) == exited(0, "hello\n"));
  CHECK(box.run(command) == exited(0, "hello\n"));
  CHECK(box.executions() == 2);
  CHECK(box.stats().at("executed") == 2);
  CHECK(box.stats().at("reduced") == 0);
}

TEST_CASE("Ten different commands at once are ten runs, each with its own output") {
  Sandbox box;
  std::vector<Started> callers;
  for (int n = 0; n < 10; ++n) {
    callers.push_back(box.start(
        box.puppet({"wait-for", box.path("gate"), "out", std::to_string(n), "exit", "0"})));
  }
  box.await_callers(10);
  CHECK(box.list().at("runs").size() == 10);
  box.touch("gate");
  for (int n = 0; n < 10; ++n) {
    CHECK(callers[static_cast<std::size_t>(n)].finish() == exited(0, std::to_string(n)));
  }
  CHECK(box.executions() == 10);
  CHECK(box.stats().at("executed") == 10);
}

TEST_CASE("A caller that comes after a run's end does not get its result") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "print-env", "COLUMNS"});
  auto first = box.call(command);
  first.set("COLUMNS", "1");
  Started early(first);
  box.await_callers(1);
  box.touch("gate");
  CHECK(early.finish() == exited(0, "1\n"));
  auto second = box.call(command);
  second.set("COLUMNS", "2");
  CHECK(Started(second).finish() == exited(0, "2\n"));
}

TEST_CASE("A run that has ended is not joined though a caller still reads its output") {
  Sandbox box;
  const Words command = box.puppet({"noise", "1", "1000000", "out", "exit", "3"});
  Started slow = box.start(command);
  REQUIRE(eventually([&] { return box.executions() == 1 && box.list().at("runs").empty(); }));
  CHECK(slow.is_running());
  const Result second = box.run(command);
  CHECK(box.executions() == 2);
  CHECK(second.code == 3);
  CHECK(second.out.size() == 1'000'000);
  CHECK(slow.finish() == second);
}

TEST_CASE("A call with --no-join neither joins a run nor is joined") {
  Sandbox box;
  const Words alone = with({"--no-join"}, gated(box));

  std::vector<Started> callers;
  callers.push_back(box.start(alone));
  box.await_callers(1);
  callers.push_back(box.start(gated(box)));
  box.await_callers(2);
  callers.push_back(box.start(alone));
  box.await_callers(3);
  CHECK(box.list().at("runs").size() == 3);
  callers.push_back(box.start(gated(box)));
  box.await_callers(4);
  CHECK(box.list().at("runs").size() == 3);
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0, kOut, kErr));
  CHECK(box.executions() == 3);
}

TEST_CASE("A run goes on for the others when the caller that started it is killed") {
  Sandbox box;
  Started starter = box.start(gated(box));
  box.await_callers(1);
  Started joiner = box.start(gated(box));
  box.await_callers(2);
  starter.signal(SIGKILL);
  box.await_callers(1);
  box.touch("gate");
  CHECK(joiner.finish() == exited(0, kOut, kErr));
  CHECK(box.executions() == 1);
}

TEST_CASE("Option -v says which run serves the call, and whether it was joined") {
  Sandbox box;
  const Words command = with({"-v"}, box.puppet({"wait-for", box.path("gate")}));
  Started first = box.start(command);
  box.await_callers(1);
  Started second = box.start(command);
  box.await_callers(2);
  box.touch("gate");
  const Result started = first.finish();
  const Result joined = second.finish();
  CHECK(started.code == 0);
  CHECK(started.err.starts_with("reduce-run: started run "));
  CHECK(joined.err.starts_with("reduce-run: joined run "));
}

TEST_CASE("A command may itself call reduce-run, and joins what others run") {
  Sandbox box;
  const Words inner = box.puppet({"wait-for", box.path("gate"), "out", "inner\n", "exit", "4"});
  Started other = box.start(inner);
  box.await_callers(1);
  Started outer = box.start(with({Sandbox::program("reduce-run")}, inner));
  box.await_callers(3);
  box.touch("gate");
  CHECK(other.finish() == exited(4, "inner\n"));
  CHECK(outer.finish() == exited(4, "inner\n"));
  CHECK(box.executions() == 1);
  CHECK(box.stats().at("total") == 3);
}
