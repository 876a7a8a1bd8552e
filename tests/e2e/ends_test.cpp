// How a call ends.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

/// Two callers of one command, both waiting for the file `gate`, which is made then.
std::vector<Result> run_for_two(const Sandbox& box, const Words& last_steps) {
  const Words command = box.puppet(with({"wait-for", box.path("gate")}, last_steps));
  std::vector<Started> callers;
  for (int n = 0; n < 2; ++n) callers.push_back(box.start(command));
  box.await_callers(2);
  box.touch("gate");
  std::vector<Result> results;
  for (Started& caller : callers) results.push_back(caller.finish());
  CHECK(box.executions() == 1);
  return results;
}

void check_not_executed(const Result& result, int code) {
  CHECK(result.code == code);
  CHECK(result.out.empty());
  CHECK(is_own_line(result.err));
}

}  // namespace

TEST_CASE("Every caller exits with the command's exit code") {
  Sandbox box;
  const int code = GENERATE(0, 1, 2, 3, 124, 125, 126, 127, 128, 255);
  for (const Result& result : run_for_two(box, {"exit", std::to_string(code)})) {
    CHECK(result == exited(code));
  }
}

TEST_CASE("Every caller ends by the signal that ended the command, with its output") {
  Sandbox box;
  const auto [name, number] = GENERATE(table<const char*, int>({{"TERM", SIGTERM},
                                                                {"KILL", SIGKILL},
                                                                {"SEGV", SIGSEGV},
                                                                {"INT", SIGINT},
                                                                {"PIPE", SIGPIPE},
                                                                {"ABRT", SIGABRT}}));
  INFO(name);
  for (const Result& result : run_for_two(box, {"out", "last words", "kill", name})) {
    CHECK(result == signaled(number, "last words"));
  }
  CHECK(box.stats().at("errors") == 1);
}

TEST_CASE("A command that is not there is 127 and one line") {
  Sandbox box;
  SECTION("no such name in PATH") {
    check_not_executed(box.run({"no-such-command"}), 127);
  }
  SECTION("no such path") {
    check_not_executed(box.run({box.path("nothing")}), 127);
  }
  SECTION("empty") {
    check_not_executed(box.run({""}), 127);
  }
  SECTION("a script whose interpreter is not there") {
    box.write("script", "#!/no/such/interpreter\n", 0700);
    check_not_executed(box.run({box.path("script")}), 127);
  }
  SECTION("an empty PATH variable names the directory, and it is not there") {
    Spawn call = box.call({"no-such-command"});
    call.set("PATH", "");
    check_not_executed(Started(call).finish(), 127);
  }
  SECTION("a name with a newline in it") {
    check_not_executed(box.run({"no\nsuch"}), 127);
  }
}

TEST_CASE("A command that cannot be executed is 126 and one line") {
  Sandbox box;
  SECTION("no permission") {
    box.write("plain", "#!/bin/sh\n", 0600);
    check_not_executed(box.run({box.path("plain")}), 126);
  }
  SECTION("no permission, found in PATH") {
    box.write("plain", "#!/bin/sh\n", 0600);
    Spawn call = box.call({"plain"});
    call.set("PATH", box.folder() + ":/usr/bin:/bin");
    check_not_executed(Started(call).finish(), 126);
  }
  SECTION("a directory") {
    check_not_executed(box.run({box.folder()}), 126);
  }
  SECTION("a link to itself") {
    REQUIRE(::symlink("loop", box.path("loop").c_str()) == 0);
    check_not_executed(box.run({box.path("loop")}), 126);
  }
  SECTION("open for writing") {
    box.write("busy", "#!/bin/sh\n", 0700);
    const UniqueFd writer(::open(box.path("busy").c_str(), O_WRONLY | O_CLOEXEC));
    check_not_executed(box.run({box.path("busy")}), 126);
  }
}

TEST_CASE("An environment that is too large with the command's path is 126 and one line") {
  Sandbox box;
  // execve(2): with this stack limit, arguments and environment have 128 KiB, to which the path of
  // the program counts too. reduce-run fits, the command with its long path does not.
  std::string folder = box.folder();
  for (int depth = 0; depth < 14; ++depth) {
    folder += "/" + std::string(200, 'd');
    REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  }
  REQUIRE(::symlink("/bin/true", (folder + "/prog").c_str()) == 0);
  Spawn call = box.call({"prog"});
  call.set("PATH", folder);
  call.set("FILL", std::string(125'500, 'x'));
  call.before_exec = [] {
    rlimit limit{};
    ::getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = 512 * 1024;
    ::setrlimit(RLIMIT_STACK, &limit);
  };
  check_not_executed(Started(call).finish(), 126);
  call.set("FILL", std::string(100'000, 'x'));
  CHECK(Started(call).finish() == exited(0));
}

TEST_CASE("A command that could not be executed counts as an error, and is tried anew each time") {
  Sandbox box;
  check_not_executed(box.run({box.path("later")}), 127);
  CHECK(box.stats().at("errors") == 1);
  REQUIRE(::symlink("/bin/true", box.path("later").c_str()) == 0);
  CHECK(box.run({box.path("later")}) == exited(0));
  const auto stats = box.stats();
  CHECK(stats.at("total") == 2);
  CHECK(stats.at("executed") == 2);
  CHECK(stats.at("errors") == 1);
  CHECK(stats.at("running") == 0);
}

TEST_CASE("A program is looked up in the caller's PATH, and keeps the name it was called by") {
  Sandbox box;
  box.write("tool", "#!/bin/sh\nprintf '%s|' \"$0\" \"$@\"\n", 0700);
  Spawn call = box.call({"tool", "a b"});
  call.set("PATH", "/no/such/folder:" + box.folder() + ":/usr/bin:/bin");
  CHECK(Started(call).finish() == exited(0, box.path("tool") + "|a b|"));
  Spawn name = box.call({"sh", "-c", "echo $0; tr '\\0' '|' < /proc/$$/cmdline | cut -c1-6"});
  CHECK(Started(name).finish() == exited(0, "sh\nsh|-c|\n"));
}

TEST_CASE("Without PATH, programs are found where execvp finds them") {
  Sandbox box;
  Spawn call = box.call({"true"});
  call.unset("PATH");
  CHECK(Started(call).finish() == exited(0));
}

TEST_CASE("A script without an interpreter line is run by sh, with its arguments") {
  Sandbox box;
  box.write("script", "echo \"$1,$2\"\nexit 9\n", 0700);
  CHECK(box.run({box.path("script"), "one", "two words"}) == exited(9, "one,two words\n"));
}

TEST_CASE("A daemon killed in mid-run: 125, one line after the output, and SIGTERM to the child") {
  Sandbox box;
  const Words command = box.puppet({"trap-file", "TERM", box.path("terminated"), "out", "so far\n",
                                    "wait-for", box.path("terminated")});
  std::vector<Started> callers;
  for (int n = 0; n < 3; ++n) callers.push_back(box.start(command));
  box.await_callers(3);
  for (Started& caller : callers) {
    REQUIRE(eventually([&] { return caller.out() == "so far\n"; }));
  }
  const auto daemon = box.daemon_pid();
  REQUIRE(daemon);
  REQUIRE(::kill(*daemon, SIGKILL) == 0);
  for (Started& caller : callers) {
    const Result result = caller.finish();
    CHECK(result.code == 125);
    CHECK(result.out == "so far\n");
    CHECK(is_own_line(result.err));
  }
  box.await_file("terminated");
  CHECK(box.executions() == 1);
}

TEST_CASE("A caller whose stdout is closed at the other end ends silently by SIGPIPE") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "much\n", "taken", "out",
                                    "wait-for", box.path("end"), "exit", "3"});
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  UniqueFd reader(ends[0]), writer(ends[1]);
  Spawn call = box.call(command);
  call.out = Target::descriptor(writer.get());
  Started deaf(call);
  Started other = box.start(command);
  writer.reset();
  reader.reset();
  box.await_callers(2);
  box.touch("gate");
  CHECK(deaf.finish() == signaled(SIGPIPE));
  box.await_callers(1);
  box.touch("end");
  CHECK(other.finish() == exited(3, "much\n"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A command piped into head ends when head does, as without the prefix") {
  Sandbox box;
  Spawn call =
      box.direct({"/bin/sh", "-c",
                  "{ " + Sandbox::program("reduce-run") + " yes; kill -l $? >&2; } | head -n 2"});
  CHECK(Started(call).finish() == exited(0, "y\ny\n", "PIPE\n"));
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
}

TEST_CASE("An end is told after the last byte, to a caller that reads late too") {
  Sandbox box;
  Started caller = box.start(
      box.puppet({"noise", "1", "1000000", "out", "touch", box.path("written"), "kill", "TERM"}));
  box.await_file("written");
  REQUIRE(eventually([&] { return box.list().at("runs").empty(); }));
  CHECK(caller.is_running());
  const Result result = caller.finish();
  CHECK(result.signal == SIGTERM);
  CHECK(result.out.size() == 1'000'000);
}
