// Ctrl-C and other ways to leave.

#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// The file `ready` shows that the puppet has come to the end of `steps`.
Started start_ready(const Sandbox& box, const Words& steps, const Words& then) {
  Started caller = box.start(box.puppet(with(with(steps, {"touch", box.path("ready")}), then)));
  box.await_file("ready");
  return caller;
}

bool all_end(const std::vector<pid_t>& pids) {
  return eventually([&] { return std::ranges::none_of(pids, is_alive); });
}

/// No signal waits to be taken by the process.
bool has_taken_signals(const Started& process) {
  const std::string status = read_file("/proc/" + std::to_string(process.pid()) + "/status");
  return status.find("ShdPnd:\t0000000000000000") != std::string::npos &&
         status.find("SigPnd:\t0000000000000000") != std::string::npos;
}

}  // namespace

TEST_CASE("The only caller's signal goes to the command, whose last words and code still arrive") {
  Sandbox box;
  const auto [name, number] = GENERATE(table<const char*, int>(
      {{"INT", SIGINT}, {"TERM", SIGTERM}, {"HUP", SIGHUP}, {"QUIT", SIGQUIT}}));
  INFO(name);
  Started caller = start_ready(box, {"trap", name, "cleaning up\n"},
                               {"wait-signal", "err", "bye\n", "exit", "7"});
  caller.signal(number);
  CHECK(caller.finish() == exited(7, "cleaning up\n", "bye\n"));
}

TEST_CASE("The only caller's signal reaches the whole process group of the command") {
  Sandbox box;
  Started caller =
      start_ready(box,
                  {"trap", "INT", "", "spawn", "trap-file", "INT", box.path("grandchild"), "log",
                   box.path("runs"), "touch", box.path("spawned"), "wait-signal", "end", "wait-for",
                   box.path("spawned")},
                  {"wait-signal", "exit", "7"});
  caller.signal(SIGINT);
  CHECK(caller.finish() == exited(7));
  box.await_file("grandchild");
  CHECK(all_end(box.executed()));
}

TEST_CASE("A command that does not catch the only caller's signal ends both by it") {
  Sandbox box;
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP);
  Started caller = start_ready(box, {"out", "text\n"}, {"wait-for", box.path("never")});
  caller.signal(number);
  CHECK(caller.finish() == signaled(number, "text\n"));
}

TEST_CASE("A run that was signaled is not joined any more") {
  Sandbox box;
  const Words command = box.puppet({"trap-file", "INT", box.path("signaled"), "touch",
                                    box.path("ready"), "wait-for", box.path("gate")});
  Started first = box.start(command);
  box.await_file("ready");
  first.signal(SIGINT);
  box.await_file("signaled");
  Started second = box.start(command);
  box.await_callers(2);
  CHECK(box.list().at("runs").size() == 2);
  box.touch("gate");
  CHECK(first.finish() == exited(0));
  CHECK(second.finish() == exited(0));
  CHECK(box.executions() == 2);
}

TEST_CASE("One of three callers leaves alone by its signal, and nobody else notices") {
  Sandbox box;
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP, SIGQUIT);
  const Words command = box.puppet(
      {"trap", "INT",  "INT", "trap",   "TERM",     "TERM",           "trap", "HUP", "HUP",  "trap",
       "QUIT", "QUIT", "out", "begin ", "wait-for", box.path("gate"), "out",  "end", "exit", "5"});
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(command));
  box.await_callers(3);
  for (Started& caller : callers) {
    REQUIRE(eventually([&] { return caller.out() == "begin "; }));
  }
  callers[1].signal(number);
  CHECK(callers[1].finish() == signaled(number, "begin "));
  box.await_callers(2);
  box.touch("gate");
  CHECK(callers[0].finish() == exited(5, "begin end"));
  CHECK(callers[2].finish() == exited(5, "begin end"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A second signal makes the only caller leave at once, and the run is stopped") {
  Sandbox box;
  Started caller = start_ready(
      box,
      {"trap-file", "INT", box.path("interrupted"), "trap-file", "TERM", box.path("terminated")},
      {"wait-for", box.path("never")});
  caller.signal(SIGINT);
  box.await_file("interrupted");
  CHECK(caller.is_running());
  const pid_t child = box.executed().at(0);
  caller.signal(SIGINT);
  CHECK(caller.finish() == signaled(SIGINT));
  box.await_file("terminated");
  CHECK(all_end({child}));
}

TEST_CASE("When the last caller is killed the run is told to end by SIGTERM") {
  Sandbox box;
  Started caller = start_ready(box, {"trap-file", "TERM", box.path("terminated")},
                               {"wait-signal", "note", box.path("ended"), "properly"});
  caller.signal(SIGKILL);
  box.await_file("terminated");
  CHECK(eventually([&] { return box.read("ended") == "properly"; }));
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
}

TEST_CASE("A run without callers that ignores SIGTERM is killed, with its whole group") {
  Sandbox box;
  Started caller =
      start_ready(box,
                  {"ignore", "TERM", "spawn", "log", box.path("runs"), "touch", box.path("spawned"),
                   "wait-for", box.path("never"), "end", "wait-for", box.path("spawned")},
                  {"wait-for", box.path("never")});
  const auto group = box.executed();
  REQUIRE(group.size() == 2);
  caller.signal(SIGKILL);
  box.await_callers(0);
  CHECK(all_end(group));
}

TEST_CASE("What a stopped run leaves in its group is killed though its first process has ended") {
  Sandbox box;
  Started caller =
      start_ready(box,
                  {"spawn", "ignore", "TERM", "log", box.path("runs"), "touch", box.path("spawned"),
                   "wait-for", box.path("never"), "end", "wait-for", box.path("spawned")},
                  {"wait-for", box.path("never")});
  const auto group = box.executed();
  REQUIRE(group.size() == 2);
  caller.signal(SIGKILL);
  CHECK(all_end(group));
}

TEST_CASE("A run that is being stopped is not joined") {
  Sandbox box;
  const Words command = box.puppet(
      {"ignore", "TERM", "touch", box.path("ready"), "wait-for", box.path("gate"), "out", "done"});
  Started first = box.start(command);
  box.await_file("ready");
  first.signal(SIGKILL);
  box.await_callers(0);
  Started second = box.start(command);
  box.await_callers(1);
  CHECK(eventually([&] { return box.executions() == 2; }));
  box.touch("gate");
  CHECK(second.finish() == exited(0, "done"));
}

TEST_CASE("A signal that the caller was told to ignore stays ignored, as under nohup") {
  Sandbox box;
  const int number = GENERATE(SIGHUP, SIGINT, SIGQUIT, SIGTERM);
  Spawn call = box.call(
      box.puppet({"trap", "INT", "no", "trap", "HUP", "no", "trap", "QUIT", "no", "trap", "TERM",
                  "no", "touch", box.path("ready"), "wait-for", box.path("gate"), "exit", "4"}));
  call.before_exec = [number] { ::signal(number, SIG_IGN); };
  Started caller(call);
  box.await_file("ready");
  caller.signal(number);
  CHECK(eventually([&] { return has_taken_signals(caller); }));
  CHECK(caller.is_running());
  box.touch("gate");
  CHECK(caller.finish() == exited(4));
}

TEST_CASE("A signal that comes while output cannot be written is passed on all the same") {
  Sandbox box;
  Started caller = start_ready(
      box, {"trap-file", "INT", box.path("interrupted"), "noise", "1", "2000000", "out"},
      {"wait-signal", "exit", "6"});
  caller.signal(SIGINT);
  box.await_file("interrupted");
  const Result result = caller.finish();
  CHECK(result.code == 6);
  CHECK(result.out.size() == 2'000'000);
}
