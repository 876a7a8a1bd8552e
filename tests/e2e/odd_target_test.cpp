// Targets of output that are rare, or fail.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

UniqueFd open_path(const std::string& path, int flags) {
  UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  REQUIRE(file);
  return file;
}

/// What can be read of it until nothing more is there.
std::string read_available(int descriptor) {
  std::string text;
  static char bytes[64 * 1024];
  for (pollfd asked{descriptor, POLLIN, 0}; ::poll(&asked, 1, 0) > 0;) {
    const ssize_t got = ::read(descriptor, bytes, sizeof bytes);
    if (got <= 0) break;
    text.append(bytes, static_cast<std::size_t>(got));
  }
  return text;
}

void limit_files(rlim_t most) {
  const rlimit limit{most, most};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

TEST_CASE("Output to the master side of a pseudo-terminal is what its terminal reads") {
  Sandbox box;
  const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(master);
  REQUIRE(::grantpt(master.get()) == 0);
  REQUIRE(::unlockpt(master.get()) == 0);
  const UniqueFd terminal = open_path(::ptsname(master.get()), O_RDWR | O_NOCTTY);
  termios raw{};
  ::tcgetattr(terminal.get(), &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(terminal.get(), TCSANOW, &raw);
  Spawn call = box.call(box.puppet({"out", "typed\n", "exit", "5"}));
  call.out = Target::descriptor(master.get());
  CHECK(Started(call).finish() == exited(5));
  CHECK(read_available(terminal.get()) == "typed\n");
}

TEST_CASE("Output to a socket of datagrams comes in pieces that it takes") {
  Sandbox box;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  // socket(7): the kernel doubles it, and a datagram must fit in.
  const int small = 16 * 1024;
  ::setsockopt(writer.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  Spawn call = box.call({"head", "-c", "100000", "/dev/zero"});
  call.out = Target::descriptor(writer.get());
  Started caller(call);
  std::string text;
  CHECK(eventually([&] { return (text += read_available(reader.get())).size() >= 100'000; }));
  CHECK(caller.finish() == exited(0));
  CHECK(text.size() == 100'000);
}

TEST_CASE("A stderr that takes nothing changes neither stdout nor the end") {
  Sandbox box;
  Spawn call = box.call(box.puppet(
      {"err", "unheard\n", "out", "heard\n", "err", "again\n", "out", "2\n", "exit", "5"}));
  const UniqueFd full = open_path("/dev/full", O_WRONLY);
  const UniqueFd not_for_writing = open_path("/dev/null", O_RDONLY);
  SECTION("closed") {
    call.err = Target::closed();
  }
  SECTION("a full device") {
    call.err = Target::descriptor(full.get());
  }
  SECTION("open for reading only") {
    call.err = Target::descriptor(not_for_writing.get());
  }
  CHECK(Started(call).finish() == exited(5, "heard\n2\n"));
}

TEST_CASE("A file that may not become larger ends the call as it would end the command") {
  Sandbox box;
  box.start_daemon();
  const UniqueFd file = open_path(box.path("file"), O_WRONLY | O_CREAT);
  Spawn call = box.call({"--report", box.path("report"), "head", "-c", "300000", "/dev/zero"});
  call.out = Target::descriptor(file.get());
  SECTION("by the signal") {
    call.before_exec = [] { limit_files(100'000); };
    const Result result = Started(call).finish();
    CHECK(result.signal == SIGXFSZ);
    CHECK_FALSE(box.exists("core"));
    CHECK(box.read("report").find("signal") != std::string::npos);
  }
  SECTION("with a line where the signal is ignored") {
    call.before_exec = [] {
      ::signal(SIGXFSZ, SIG_IGN);
      limit_files(100'000);
    };
    const Result result = Started(call).finish();
    CHECK(result.code == 125);
    CHECK(is_own_line(result.err));
  }
  CHECK(box.read("file").size() == 100'000);
}
