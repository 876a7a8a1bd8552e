// As a service manager starts the daemon: with a socket that listens already (sd_listen_fds(3)),
// and to be told of its state (sd_notify(3)).

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

UniqueFd bind_to(const std::string& path, int type) {
  UniqueFd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

UniqueFd listen_at(const std::string& path) {
  UniqueFd socket = bind_to(path, SOCK_STREAM);
  REQUIRE(::listen(socket.get(), 100) == 0);
  return socket;
}

/// A daemon as the manager starts it: descriptor 3 is `passed`, and the variables name its process.
Spawn service(const Sandbox& box, int passed, const std::string& count = "1") {
  Spawn daemon = box.direct(
      {"/bin/sh", "-c", "export LISTEN_PID=$$; exec \"$0\"", Sandbox::program("reduced")});
  daemon.unset("REDUCE_SOCKET").set("LISTEN_FDS", count);
  daemon.before_exec = [passed] {
    ::dup2(passed, 3);
    // dup2(2) leaves it as it is where it is that one already.
    ::fcntl(3, F_SETFD, 0);
  };
  return daemon;
}

/// The next datagram.
std::string receive(const UniqueFd& socket) {
  char text[256];
  ssize_t got = -1;
  REQUIRE(eventually([&] {
    got = ::recv(socket.get(), text, sizeof text, MSG_DONTWAIT);
    return got >= 0;
  }));
  return {text, static_cast<std::size_t>(got)};
}

std::string unit(const std::string& file) {
  return read_file(std::string(REDUCE_TEST_SOURCE) + "/scripts/systemd/" + file);
}

/// The service's unit as it is installed, for the program that is tested.
std::string service_unit() {
  std::string text = unit("reduced.service.in");
  const std::string folder = "@CMAKE_INSTALL_FULL_BINDIR@";
  const auto at = text.find(folder);
  REQUIRE(at != std::string::npos);
  const std::filesystem::path program = Sandbox::program("reduced");
  return text.replace(at, folder.size(), program.parent_path());
}

/// The lines `NAME=VALUE` that are about the service's process, sorted.
Words settings_of_service() {
  const std::string text = service_unit();
  std::istringstream lines(text.substr(text.find("[Service]")));
  Words settings;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#') && line.find('=') != std::string::npos) settings.push_back(line);
  }
  std::ranges::sort(settings);
  return settings;
}

}  // namespace

TEST_CASE("A daemon serves the socket that the service manager passes, and leaves it there") {
  Sandbox box;
  const UniqueFd listener = listen_at(box.socket());
  // Before there is any daemon: the connection waits.
  Started early = box.start({"--require-daemon", "echo", "early"});
  Started daemon(service(box, listener.get()));
  CHECK(early.finish() == exited(0, "early\n"));
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.stats().at("total") == 2);
  CHECK(box.run({"--stop"}).code == 0);
  CHECK(daemon.finish().code == 0);
  CHECK(box.exists("v1.sock"));
  // The manager starts the next one.
  Started next(service(box, listener.get()));
  CHECK(box.run({"--require-daemon", "echo", "again"}) == exited(0, "again\n"));
  next.signal(SIGTERM);
  CHECK(next.finish().code == 0);
  CHECK(box.exists("v1.sock"));
}

TEST_CASE("A daemon that takes the service manager's socket over leaves it there as well") {
  Sandbox box;
  const UniqueFd listener = listen_at(box.socket());
  Started first(service(box, listener.get()));
  REQUIRE(eventually([&] { return box.run({"--list"}).code == 0; }));
  // And so does one that takes it over from that.
  Started& second = box.start_daemon({"--replace"});
  CHECK(first.finish().code == 0);
  Started& third = box.start_daemon({"--replace"});
  CHECK(second.finish() == exited(0));
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.run({"--stop"}).code == 0);
  CHECK(third.finish() == exited(0));
  CHECK(box.exists("v1.sock"));
  Started next(service(box, listener.get()));
  CHECK(box.run({"--require-daemon", "echo", "again"}) == exited(0, "again\n"));
  next.signal(SIGTERM);
  CHECK(next.finish().code == 0);
}

TEST_CASE("A socket that a daemon made is removed by the one that took it over") {
  Sandbox box;
  box.start_daemon();
  Started& second = box.start_daemon({"--replace"});
  Started& third = box.start_daemon({"--replace"});
  CHECK(second.finish() == exited(0));
  CHECK(box.run({"--stop"}).code == 0);
  CHECK(third.finish() == exited(0));
  CHECK_FALSE(box.exists("v1.sock"));
}

TEST_CASE("The service manager is told when the daemon serves and when it stops") {
  Sandbox box;
  const UniqueFd listener = listen_at(box.socket());
  const UniqueFd manager = bind_to(box.path("notify"), SOCK_DGRAM);
  Spawn spawn = service(box, listener.get());
  spawn.set("NOTIFY_SOCKET", box.path("notify"));
  Started daemon(std::move(spawn));
  CHECK(receive(manager) == "READY=1");
  daemon.signal(SIGTERM);
  CHECK(receive(manager) == "STOPPING=1");
  CHECK(daemon.finish().code == 0);
}

TEST_CASE("What the service manager says is not passed on to commands") {
  Sandbox box;
  const UniqueFd listener = listen_at(box.socket());
  Started daemon(service(box, listener.get()));
  const Result result =
      box.run({"--require-daemon", "sh", "-c", "echo ${LISTEN_FDS-none}; ls /proc/self/fd"});
  CHECK(result.code == 0);
  CHECK(result.out.starts_with("none\n0\n1\n2\n3\n"));
  CHECK(std::ranges::count(result.out, '\n') == 5);
  daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
}

TEST_CASE("A daemon that is passed something else than one listening socket says so") {
  Sandbox box;
  SECTION("a file") {
    const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Started daemon(service(box, file.get()));
    const Result result = daemon.finish();
    CHECK(result.code == 125);
    CHECK(result.err.starts_with("reduced: what the service manager passes is no socket"));
  }
  SECTION("a socket that does not listen") {
    const UniqueFd socket = bind_to(box.path("other"), SOCK_STREAM);
    Started daemon(service(box, socket.get()));
    const Result result = daemon.finish();
    CHECK(result.code == 125);
    CHECK(result.err.starts_with("reduced: what the service manager passes is no listening"));
  }
  SECTION("two") {
    const UniqueFd listener = listen_at(box.socket());
    Started daemon(service(box, listener.get(), "2"));
    const Result result = daemon.finish();
    CHECK(result.code == 125);
    CHECK(result.err.starts_with("reduced: the service manager passes more than one socket"));
  }
}

TEST_CASE("The units are understood by the service manager") {
  if (::access("/usr/bin/systemd-analyze", X_OK) != 0) {
    WARN("systemd-analyze is not installed");
    return;
  }
  Sandbox box;
  box.write("reduced.service", service_unit());
  box.write("reduced.socket", unit("reduced.socket"));
  Spawn verify = box.direct({"/usr/bin/systemd-analyze", "verify", "--user", "--man=no",
                             box.path("reduced.service"), box.path("reduced.socket")});
  verify.set("XDG_RUNTIME_DIR", box.folder());
  CHECK(Started(verify).finish() == exited(0));
}

TEST_CASE("The service's unit sets nothing that commands would keep") {
  const auto is_harmless = [](const std::string& setting) {
    // A soft limit is its process's own; a hard one is one that children cannot raise again.
    if (setting.starts_with("Limit")) return setting.ends_with("infinity");
    // No limit at all is none that commands could keep.
    if (setting == "TasksMax=infinity") return true;
    constexpr const char* harmless[] = {"ExecStart=",      "KillMode=", "NotifyAccess=",
                                        "OOMPolicy=",      "Restart=",  "RestartPreventExitStatus=",
                                        "TimeoutStopSec=", "Type=",     "UMask="};
    return std::ranges::any_of(harmless,
                               [&](const char* name) { return setting.starts_with(name); });
  };
  const Words settings = settings_of_service();
  CHECK(std::ranges::count(settings, "UMask=0077") == 1);
  CHECK(std::ranges::count(settings, "LimitCORE=0:infinity") == 1);
  for (const std::string& setting : settings) {
    INFO(setting);
    CHECK(is_harmless(setting));
  }
}

TEST_CASE("A command has its caller's umask and limits, whatever the service's unit sets") {
  Sandbox box;
  const UniqueFd listener = listen_at(box.socket());
  Spawn spawn = service(box, listener.get());
  spawn.before_exec = [inner = spawn.before_exec] {
    inner();
    ::umask(0077);
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = 0;
    ::setrlimit(RLIMIT_CORE, &limit);
  };
  Started daemon(spawn);
  const Words show = {"/bin/sh", "-c", "umask; ulimit -a"};
  const auto as_in_a_shell = [](Spawn caller) {
    caller.before_exec = [] {
      ::umask(0022);
      rlimit limit{};
      ::getrlimit(RLIMIT_CORE, &limit);
      limit.rlim_cur = limit.rlim_max;
      ::setrlimit(RLIMIT_CORE, &limit);
    };
    return Started(caller).finish();
  };
  const Result expected = as_in_a_shell(box.direct(show));
  REQUIRE(expected.code == 0);
  CHECK(as_in_a_shell(box.call(with({"--require-daemon"}, show))) == expected);
  CHECK(box.stats().at("executed") == 1);
  daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
}
