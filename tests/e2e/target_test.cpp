// Where a caller's output may go.

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

constexpr std::size_t kMuch = 3'000'000;

std::string noise(std::uint64_t seed, std::size_t size) {
  std::string bytes(size, '\0');
  Noise(seed).fill(bytes.data(), size);
  return bytes;
}

Words much(const Sandbox& box) {
  return box.puppet({"noise", "1", std::to_string(kMuch), "out", "err", "done\n", "exit", "2"});
}

UniqueFd open_file(const std::string& path, int flags) {
  UniqueFd file(::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(file);
  return file;
}

/// Reads until end-of-file.
std::string read_all(int fd) {
  std::string all;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return all;
    all.append(buffer, static_cast<std::size_t>(got));
  }
}

struct Ends {
  UniqueFd reader, writer;
};

Ends make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

TEST_CASE("A regular file gets the output, from its offset on") {
  Sandbox box;
  const UniqueFd file = open_file(box.path("out"), O_WRONLY);
  REQUIRE(::write(file.get(), "before ", 7) == 7);
  Spawn call = box.call(much(box));
  call.out = Target::descriptor(file.get());
  CHECK(Started(call).finish() == exited(2, "", "done\n"));
  // As in `{ first; second; } > file`: the offset is shared.
  call.argv = box.call(box.puppet({"out", " after"})).argv;
  CHECK(Started(call).finish() == exited(0));
  CHECK(box.read("out") == "before " + noise(1, kMuch) + " after");
}

TEST_CASE("A file that is open for appending gets the output at its end") {
  Sandbox box;
  box.write("out", "kept ");
  const UniqueFd file = open_file(box.path("out"), O_WRONLY | O_APPEND);
  Spawn call = box.call(much(box));
  call.out = Target::descriptor(file.get());
  CHECK(Started(call).finish() == exited(2, "", "done\n"));
  CHECK(box.read("out") == "kept " + noise(1, kMuch));
}

TEST_CASE("A socket gets the output") {
  Sandbox box;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  Spawn call = box.call(much(box));
  call.out = Target::descriptor(writer.get());
  Started caller(call);
  writer.reset();
  CHECK(read_all(reader.get()) == noise(1, kMuch));
  CHECK(caller.finish() == exited(2, "", "done\n"));
}

TEST_CASE("A terminal gets the output") {
  Sandbox box;
  const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(master);
  REQUIRE(::grantpt(master.get()) == 0);
  REQUIRE(::unlockpt(master.get()) == 0);
  UniqueFd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(terminal);
  termios mode{};
  ::tcgetattr(terminal.get(), &mode);
  ::cfmakeraw(&mode);
  ::tcsetattr(terminal.get(), TCSANOW, &mode);
  Spawn call = box.call(much(box));
  call.out = Target::descriptor(terminal.get());
  Started caller(call);
  const int flags = ::fcntl(terminal.get(), F_GETFL);
  std::string got;
  char buffer[65536];
  while (got.size() < kMuch) {
    pollfd asked{master.get(), POLLIN, 0};
    REQUIRE(::poll(&asked, 1, static_cast<int>(kPatience.count())) == 1);
    const ssize_t part = ::read(master.get(), buffer, sizeof buffer);
    REQUIRE(part > 0);
    got.append(buffer, static_cast<std::size_t>(part));
  }
  CHECK(caller.finish() == exited(2, "", "done\n"));
  CHECK(got == noise(1, kMuch));
  CHECK(::fcntl(terminal.get(), F_GETFL) == flags);
}

TEST_CASE("A device gets the output") {
  Sandbox box;
  const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  Spawn call = box.call(much(box));
  call.out = Target::descriptor(null.get());
  CHECK(Started(call).finish() == exited(2, "", "done\n"));
}

TEST_CASE("A pipe that others set non-blocking gets all of the output and keeps its flags") {
  Sandbox box;
  Ends pipe = make_pipe();
  const bool nonblocking = GENERATE(true, false);
  INFO("non-blocking: " << nonblocking);
  if (nonblocking) REQUIRE(::fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK) == 0);
  const int flags = ::fcntl(pipe.writer.get(), F_GETFL);
  Spawn call = box.call(much(box));
  call.out = Target::descriptor(pipe.writer.get());
  Started caller(call);
  std::string got(kMuch, '\0');
  for (std::size_t done = 0; done < kMuch;) {
    CHECK(::fcntl(pipe.writer.get(), F_GETFL) == flags);
    const ssize_t part = ::read(pipe.reader.get(), got.data() + done, kMuch - done);
    REQUIRE(part > 0);
    done += static_cast<std::size_t>(part);
  }
  CHECK(caller.finish() == exited(2, "", "done\n"));
  CHECK(got == noise(1, kMuch));
  CHECK(::fcntl(pipe.writer.get(), F_GETFL) == flags);
}

TEST_CASE("Two streams into one target come in the order in which they were written") {
  Sandbox box;
  // Each piece is taken before the next is written, so that the order is known.
  Words steps;
  std::string expected;
  for (int n = 0; n < 50; ++n) {
    const std::string text = std::to_string(n) + "\n";
    const std::string stream = n % 3 == 0 ? "err" : "out";
    for (const auto& word : {stream, text, std::string("taken"), stream}) steps.push_back(word);
    expected += text;
  }
  Spawn call = box.call(box.puppet(steps));
  call.err = Target::like_out();
  SECTION("a pipe") {
    CHECK(Started(call).finish() == exited(0, expected));
  }
  SECTION("a file") {
    const UniqueFd file = open_file(box.path("both"), O_WRONLY);
    call.out = Target::descriptor(file.get());
    CHECK(Started(call).finish() == exited(0));
    CHECK(box.read("both") == expected);
  }
  SECTION("a file, appended") {
    const UniqueFd file = open_file(box.path("both"), O_WRONLY | O_APPEND);
    call.out = Target::descriptor(file.get());
    CHECK(Started(call).finish() == exited(0));
    CHECK(box.read("both") == expected);
  }
}

TEST_CASE("A pipe holds as many small pieces of output as it would of the command's own") {
  Sandbox box;
  Ends pipe = make_pipe();
  Words steps;
  std::string expected;
  for (int n = 0; n < 200; ++n) {
    const std::string text = std::to_string(n) + "\n";
    for (const auto& word : {std::string("out"), text, std::string("taken"), std::string("out")}) {
      steps.push_back(word);
    }
    expected += text;
  }
  Spawn call = box.call(box.puppet(steps));
  call.out = Target::descriptor(pipe.writer.get());
  // As a program does that waits for the end first and reads then: it all fits the pipe.
  CHECK(Started(call).finish() == exited(0));
  pipe.writer.reset();
  CHECK(read_all(pipe.reader.get()) == expected);
}

TEST_CASE("A closed stdout does not matter to a command that writes nothing there") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"err", "only here\n", "exit", "5"}));
  call.out = Target::closed();
  CHECK(Started(call).finish() == exited(5, "", "only here\n"));
}

TEST_CASE("All standard streams closed: the command runs, and its end arrives") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"exit", "5"}));
  call.before_exec = [] {
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
  };
  CHECK(Started(call).finish() == exited(5));
  CHECK(box.executions() == 1);
}

TEST_CASE("Output that cannot be written ends the call with 125 and one line") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"out", "text\n", "exit", "5"}));
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  SECTION("a full device") {
    call.out = Target::descriptor(full.get());
  }
  SECTION("closed") {
    call.out = Target::closed();
  }
  const Result result = Started(call).finish();
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
}
