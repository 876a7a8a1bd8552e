// `reduced --debug`: each moment in a line, on stderr or in a file.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <regex>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/events.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

/// A shared run, then one that fails.
void make_moments(const Sandbox& box) {
  Started first = box.start(box.puppet({"wait-for", box.path("gate")}));
  box.await_callers(1);
  Started second = box.start(box.puppet({"wait-for", box.path("gate")}));
  box.await_callers(2);
  box.touch("gate");
  CHECK(first.finish() == exited(0));
  CHECK(second.finish() == exited(0));
  CHECK(box.run({"false"}) == exited(1));
}

/// "WORD RUN" of each line; all lines are as they should be.
Words moments_in(const std::string& log) {
  static const std::regex form(
      R"(reduced: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ([a-z-]+) run (\d+) identity ([0-9a-f]+))");
  Words moments;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    std::smatch parts;
    REQUIRE(std::regex_match(line, parts, form));
    moments.push_back(std::string(parts[1]) + " " + std::string(parts[2]));
  }
  return moments;
}

const Words kMoments{"apply 1",  "executing 1", "apply 1",     "reducing 1",
                     "result 1", "apply 2",     "executing 2", "exception 2"};

}  // namespace

TEST_CASE("A debug log on stderr has the moments in their order") {
  Sandbox box;
  Started& daemon = box.start_daemon({"--debug"});
  make_moments(box);
  daemon.signal(SIGTERM);
  const Result ended = daemon.finish();
  CHECK(ended.code == 0);
  CHECK(moments_in(ended.err) == kMoments);
}

TEST_CASE("A debug log in a file is added to, wherever the path begins") {
  Sandbox box;
  const bool is_absolute = GENERATE(false, true);
  const std::string option = "--debug=" + (is_absolute ? box.path("log") : "log");
  for (std::size_t round = 1; round <= 2; ++round) {
    Started& daemon = box.start_daemon({option});
    CHECK(box.run({"true"}) == exited(0));
    daemon.signal(SIGTERM);
    CHECK(daemon.finish() == exited(0));
    CHECK(moments_in(box.read("log")).size() == 3 * round);
  }
}

TEST_CASE("A debug log that cannot be written is told in one line, and calls work") {
  Sandbox box;
  ::mkfifo(box.path("fifo").c_str(), 0600);
  const std::string file = GENERATE("/nowhere/at/all/log", "fifo", ".");
  Started& daemon = box.start_daemon({"--debug=" + file});
  CHECK(box.run({"true"}) == exited(0));
  daemon.signal(SIGTERM);
  const Result ended = daemon.finish();
  CHECK(ended.code == 0);
  CHECK(ended.err.starts_with("reduced: cannot log to "));
  CHECK(count_words(ended.err, "\n") == 1);
}

TEST_CASE("A full stderr that nobody reads delays no call, and what it lost is told") {
  Sandbox box;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  REQUIRE(::fcntl(reader.get(), F_SETFL, O_NONBLOCK) == 0);
  Spawn spawn = box.direct({Sandbox::program("reduced"), "--socket", box.socket(), "--debug"});
  spawn.err = Target::descriptor(writer.get());
  // Full before it begins, for the sake of this process by a description that does not wait.
  const std::string path = "/proc/self/fd/" + std::to_string(writer.get());
  const UniqueFd filler(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  const std::string piece(4096, '.');
  while (::write(filler.get(), piece.data(), piece.size()) > 0) continue;
  Started daemon(spawn);
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  for (int n = 0; n < 20; ++n) CHECK(box.run({"true"}) == exited(0));
  char buffer[65536];
  while (::read(reader.get(), buffer, sizeof buffer) > 0) continue;
  CHECK(box.run({"false"}) == exited(1));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
  const ssize_t got = ::read(reader.get(), buffer, sizeof buffer);
  REQUIRE(got > 0);
  const std::string log(buffer, static_cast<std::size_t>(got));
  // Three lines a call. Those of the last calls may have been on their way when there was room.
  unsigned dropped = 0;
  REQUIRE(std::sscanf(log.c_str(), "reduced: %u lines were dropped\n", &dropped) == 1);
  CHECK(dropped > 0);
  CHECK(dropped + moments_in(log.substr(log.find('\n') + 1)).size() == 21 * 3);
}

TEST_CASE("A stderr whose reader has gone disturbs no call") {
  Sandbox box;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  UniqueFd reader(ends[0]), writer(ends[1]);
  Spawn spawn = box.direct({Sandbox::program("reduced"), "--socket", box.socket(), "--debug"});
  spawn.err = Target::descriptor(writer.get());
  Started daemon(spawn);
  writer.reset();
  reader.reset();
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  for (int n = 0; n < 3; ++n) CHECK(box.run({"true"}) == exited(0));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
}
