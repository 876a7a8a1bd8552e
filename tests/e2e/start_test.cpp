// How a daemon comes to be.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

/// A socket whose server is gone, as a daemon leaves it that is killed.
void leave_stale_socket(const Sandbox& box) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, box.socket().c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(socket.get(), 1) == 0);
}

std::vector<std::string> open_files(pid_t pid) {
  std::vector<std::string> targets;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    targets.push_back(read_link(entry.path()));
  }
  return targets;
}

}  // namespace

TEST_CASE("Forty calls at once with no daemon: one daemon, one run") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "x\n", "exit", "3"});
  std::vector<Started> callers;
  for (int n = 0; n < 40; ++n) callers.push_back(box.start(command));
  box.await_callers(40);
  CHECK(box.daemons().size() == 1);
  CHECK(box.list().at("runs").size() == 1);
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(3, "x\n"));
  CHECK(box.executions() == 1);
  CHECK(box.daemons() == std::vector<pid_t>{box.daemon_pid().value()});
}

TEST_CASE("A command substitution that starts a daemon returns at once, and the daemon stays") {
  Sandbox box;
  // Both streams are read to end-of-file: they must not stay open in the daemon.
  CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.daemons().size() == 1);
  Spawn shell = box.direct(
      {"/bin/sh", "-c", "x=$(" + Sandbox::program("reduce-run") + " echo hi); echo \"<$x>\""});
  CHECK(Started(shell).finish() == exited(0, "<hi>\n"));
}

TEST_CASE("The shell that starts a daemon gets its substitution back at once") {
  Sandbox box;
  Spawn shell = box.direct(
      {"/bin/sh", "-c", "x=$(" + Sandbox::program("reduce-run") + " echo hi 2>&1); echo \"<$x>\""});
  CHECK(Started(shell).finish() == exited(0, "<hi>\n"));
  CHECK(box.daemons().size() == 1);
}

TEST_CASE("An auto-started daemon keeps no descriptor of its starter's") {
  Sandbox box;
  const UniqueFd file(::open(box.path("kept").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  Spawn call = box.call(box.puppet({"print-fds"}));
  const int kept = file.get();
  const int pipe = writer.get();
  call.before_exec = [kept, pipe] {
    for (const int target : {3, 7, 100, 500}) ::dup2(kept, target);
    for (const int target : {4, 8, 101, 501}) ::dup2(pipe, target);
  };
  // The process has its three streams and nothing else.
  CHECK(Started(call).finish() == exited(0, "0\n1\n2\n"));
  const auto daemon = box.daemon_pid();
  REQUIRE(daemon);
  const std::string pipe_name = read_link("/proc/self/fd/" + std::to_string(pipe));
  for (const std::string& target : open_files(*daemon)) {
    INFO(target);
    CHECK(target != box.path("kept"));
    CHECK(target != pipe_name);
  }
  for (int fd = 0; fd < 3; ++fd) {
    CHECK(read_link("/proc/" + std::to_string(*daemon) + "/fd/" + std::to_string(fd)) ==
          "/dev/null");
  }
  writer.reset();
  char byte = 0;
  CHECK(::read(reader.get(), &byte, 1) == 0);
}

TEST_CASE("An auto-started daemon has its own session, the root directory, a bare environment") {
  Sandbox box;
  Spawn call = box.call({"true"});
  call.set("SECRET_TOKEN", "of the starter");
  call.before_exec = [] {
    ::umask(0);
    ::signal(SIGTERM, SIG_IGN);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
  };
  CHECK(Started(call).finish() == exited(0));
  const auto daemon = box.daemon_pid();
  REQUIRE(daemon);
  const std::string about = "/proc/" + std::to_string(*daemon);
  CHECK(read_link(about + "/cwd") == "/");
  CHECK(read_file(about + "/environ").find("SECRET_TOKEN") == std::string::npos);
  for (const ProcessInfo& info : descendants()) {
    if (info.pid == *daemon) CHECK(info.session != ::getsid(0));
  }
  // The starter's mask and ignored signals are not the daemon's.
  REQUIRE(::kill(*daemon, SIGTERM) == 0);
  CHECK(eventually([&] { return !is_alive(*daemon); }));
}

TEST_CASE("An auto-started daemon is used by those who come later") {
  Sandbox box;
  CHECK(box.run({"true"}) == exited(0));
  const auto daemon = box.daemon_pid();
  REQUIRE(daemon);
  CHECK(box.run({"true"}) == exited(0));
  CHECK(box.daemon_pid() == daemon);
  CHECK(box.stats().at("total") == 2);
}

TEST_CASE("With --no-start and no daemon the command runs directly, after one line") {
  Sandbox box;
  Spawn call = box.call(with({"--no-start"}, box.puppet({"out", "x\n", "exit", "3"})));
  Started direct(call);
  const Result result = direct.finish();
  CHECK(result.code == 3);
  CHECK(result.out == "x\n");
  CHECK(is_own_line(result.err));
  CHECK(box.executed() == std::vector<pid_t>{direct.pid()});
  CHECK(box.daemons().empty());
  CHECK_FALSE(box.exists("v1.sock"));
}

TEST_CASE("With --no-start a daemon that is there is used") {
  Sandbox box;
  box.start_daemon();
  CHECK(box.run(with({"--no-start"}, box.puppet({"exit", "3"}))) == exited(3));
  CHECK(box.stats().at("total") == 1);
}

TEST_CASE("With --require-daemon and --no-start but no daemon: 125, one line, nothing run") {
  Sandbox box;
  const Result result =
      box.run(with({"--require-daemon", "--no-start"}, box.puppet({"out", "x\n"})));
  CHECK(result.code == 125);
  CHECK(result.out.empty());
  CHECK(is_own_line(result.err));
  CHECK(box.executions() == 0);
}

TEST_CASE("A stale socket and a stale lock file are no obstacle") {
  Sandbox box;
  leave_stale_socket(box);
  box.write("v1.sock.lock", "left over");
  CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.daemons().size() == 1);
}

TEST_CASE("A daemon in the foreground takes over a stale socket") {
  Sandbox box;
  leave_stale_socket(box);
  box.start_daemon();
  CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("What is in the socket's place and is no socket is left as it is") {
  Sandbox box;
  box.write("v1.sock", "precious");
  const Result direct = box.run(box.puppet({"exit", "3"}));
  CHECK(direct.code == 3);
  CHECK(is_own_line(direct.err));
  const Result required = box.run(with({"--require-daemon"}, box.puppet({"exit", "3"})));
  CHECK(required.code == 125);
  CHECK(is_own_line(required.err));
  CHECK(box.executions() == 1);
  CHECK(box.read("v1.sock") == "precious");
}

TEST_CASE("After kill -9 of the daemon the next call gets another") {
  Sandbox box;
  CHECK(box.run({"true"}) == exited(0));
  for (int round = 0; round < 5; ++round) {
    const auto daemon = box.daemon_pid();
    REQUIRE(daemon);
    REQUIRE(::kill(*daemon, SIGKILL) == 0);
    REQUIRE(eventually([&] { return !is_alive(*daemon); }));
    CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
    CHECK(box.daemon_pid() != daemon);
  }
}

TEST_CASE("Calls that find the daemon killed all get their result from one new daemon") {
  Sandbox box;
  box.start_daemon().signal(SIGKILL);
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "x"});
  std::vector<Started> callers;
  for (int n = 0; n < 20; ++n) callers.push_back(box.start(command));
  box.await_callers(20);
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0, "x"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A second daemon on the same socket refuses, and the first serves on") {
  Sandbox box;
  Started& first = box.start_daemon();
  const Result second =
      Started(box.direct({Sandbox::program("reduced"), "--socket", box.socket()})).finish();
  CHECK(second.code == 125);
  CHECK(second.err.starts_with("reduced: "));
  CHECK(std::ranges::count(second.err, '\n') == 1);
  CHECK(first.is_running());
  CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.daemon_pid() == first.pid());
}

TEST_CASE("A daemon in the foreground takes its socket from REDUCE_SOCKET") {
  Sandbox box;
  Started daemon(box.direct({Sandbox::program("reduced")}));
  CHECK(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  CHECK(box.run({"echo", "hi"}) == exited(0, "hi\n"));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("What a daemon that was started by hand has inherited does not reach its commands") {
  Sandbox box;
  const UniqueFd file(::open(box.path("kept").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  Spawn spawn = box.direct({Sandbox::program("reduced")});
  spawn.set("OF_THE_DAEMON", "1");
  const int kept = file.get();
  spawn.before_exec = [kept] {
    for (const int target : {3, 4, 50, 500}) ::dup2(kept, target);
    ::umask(0);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGUSR1, SIG_IGN);
  };
  Started daemon(spawn);
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  CHECK(
      box.run(box.puppet({"print-fds", "print-env", "OF_THE_DAEMON", "print-status", "SigIgn"})) ==
      exited(0, "0\n1\n2\n(unset)\nSigIgn:\t0000000000000000\n"));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("The socket is for its owner alone") {
  Sandbox box;
  box.start_daemon();
  struct stat found {};
  REQUIRE(::lstat(box.socket().c_str(), &found) == 0);
  CHECK((found.st_mode & 0077) == 0);
}
