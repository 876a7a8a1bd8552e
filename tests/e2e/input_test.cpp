// Standard input: its content counts, and the command reads it.

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

UniqueFd open_file(const Sandbox& box, const std::string& name, const std::string& text) {
  box.write(name, text);
  UniqueFd file(::open(box.path(name).c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(file);
  return file;
}

struct Pipe {
  UniqueFd reader, writer;
};

Pipe make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// The reading end of a pipe that holds `text` and has no writer any more.
UniqueFd pipe_of(const std::string& text) {
  Pipe pipe = make_pipe();
  REQUIRE(::write(pipe.writer.get(), text.data(), text.size()) ==
          static_cast<ssize_t>(text.size()));
  return std::move(pipe.reader);
}

bool is_drained(const UniqueFd& pipe) {
  int waiting = -1;
  return ::ioctl(pipe.get(), FIONREAD, &waiting) == 0 && waiting == 0;
}

Spawn call_with(const Sandbox& box, int in, const Words& words) {
  Spawn spawn = box.call(words);
  spawn.in = in;
  return spawn;
}

Words gated_reader(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate"), "print-stdin"});
}

struct Two {
  Result first, second;
  std::size_t executions;
};

/// Two calls at once.
Two run_both(const Sandbox& box, const Spawn& one, const Spawn& other) {
  Started first(one);
  box.await_callers(1);
  Started second(other);
  box.await_callers(2);
  box.touch("gate");
  const Result ends[] = {first.finish(), second.finish()};
  return {ends[0], ends[1], box.executions()};
}

/// A line that names the way out.
bool is_warning(const std::string& text) {
  return is_own_line(text) && text.find("--stdin=pass") != std::string::npos;
}

/// VmHWM of proc(5), in KiB: since the program was executed.
std::size_t peak_memory(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find("VmHWM:");
  REQUIRE(at != std::string::npos);
  return std::stoul(status.substr(at + 6));
}

/// A socket where somebody listens who never reads: as a daemon that ends at the wrong moment.
class FalseDaemon {
 public:
  explicit FalseDaemon(const std::string& path)
      : path_(path), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
  }

  /// Waits for a request and ends without reading it.
  void end_on_request() {
    const UniqueFd caller(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    pollfd request{caller.get(), POLLIN, 0};
    REQUIRE(::poll(&request, 1, static_cast<int>(kPatience.count())) == 1);
    ::unlink(path_.c_str());
    listener_.reset();
  }

 private:
  std::string path_;
  UniqueFd listener_;
};

}  // namespace

TEST_CASE("Files of the same content are the same stdin") {
  Sandbox box;
  const UniqueFd one = open_file(box, "one", "content");
  const UniqueFd other = open_file(box, "other", "content");
  const Words words = gated_reader(box);
  const Two ends =
      run_both(box, call_with(box, one.get(), words), call_with(box, other.get(), words));
  CHECK(ends.first == exited(0, "content"));
  CHECK(ends.second == exited(0, "content"));
  CHECK(ends.executions == 1);
}

TEST_CASE("Files of other content are another stdin") {
  Sandbox box;
  const UniqueFd one = open_file(box, "one", "content");
  const UniqueFd other = open_file(box, "other", GENERATE("contend", "conten", ""));
  const std::string expected = box.read("other");
  const Words words = gated_reader(box);
  const Two ends =
      run_both(box, call_with(box, one.get(), words), call_with(box, other.get(), words));
  CHECK(ends.first == exited(0, "content"));
  CHECK(ends.second == exited(0, expected));
  CHECK(ends.executions == 2);
}

TEST_CASE("An empty file, a device and a closed stdin are one command") {
  Sandbox box;
  const UniqueFd empty = open_file(box, "empty", "");
  const Words words = gated_reader(box);
  Spawn other = box.call(words);
  SECTION("a device") {}
  SECTION("closed") {
    other.before_exec = [] { ::close(STDIN_FILENO); };
  }
  const Two ends = run_both(box, call_with(box, empty.get(), words), other);
  CHECK(ends.first == exited(0));
  CHECK(ends.second == exited(0));
  CHECK(ends.executions == 1);
}

TEST_CASE("A file is read from its offset, which stays") {
  Sandbox box;
  box.write("file", "one\ntwo\n");
  const std::string call = Sandbox::program("reduce-run") + " cat";
  const auto shell = [&](const std::string& line) {
    return Started(box.direct({"/bin/sh", "-c", line})).finish();
  };
  CHECK(shell("{ " + call + "; cat; } <file") == exited(0, "one\ntwo\none\ntwo\n"));
  CHECK(shell("{ read line; " + call + "; cat; } <file") == exited(0, "two\ntwo\n"));
}

TEST_CASE("A pipe is not read, which is said once if it holds something") {
  Sandbox box;
  const UniqueFd full = pipe_of("content");
  const Result end =
      Started(call_with(box, full.get(), box.puppet({"print-stdin", "exit", "3"}))).finish();
  CHECK(end.code == 3);
  CHECK(end.out.empty());
  CHECK(is_warning(end.err));
  CHECK_FALSE(is_drained(full));
}

TEST_CASE("Nothing is said of an empty pipe, nor where the user has said what is wanted") {
  Sandbox box;
  const UniqueFd empty = pipe_of("");
  const UniqueFd full = pipe_of("content");
  const Words puppet = box.puppet({"print-stdin"});
  CHECK(Started(call_with(box, empty.get(), puppet)).finish() == exited(0));
  CHECK(Started(call_with(box, full.get(), with({"--stdin=none"}, puppet))).finish() == exited(0));
  CHECK(Started(call_with(box, full.get(), with({"--stdin=pass"}, puppet))).finish() ==
        exited(0, "content"));
}

TEST_CASE("What is passed is shared by its content") {
  Sandbox box;
  const bool same = GENERATE(true, false);
  const std::string text = same ? "content" : "another";
  const UniqueFd one = pipe_of("content");
  const UniqueFd other = GENERATE(true, false) ? pipe_of(text) : open_file(box, "file", text);
  const Words words = with({"--stdin", "pass"}, gated_reader(box));
  const Two ends =
      run_both(box, call_with(box, one.get(), words), call_with(box, other.get(), words));
  CHECK(ends.first == exited(0, "content"));
  CHECK(ends.second == exited(0, text));
  CHECK(ends.executions == (same ? 1 : 2));
}

TEST_CASE("With none, a file does not count") {
  Sandbox box;
  const UniqueFd one = open_file(box, "one", "content");
  const UniqueFd other = open_file(box, "other", "another");
  const Words words = with({"--stdin=none"}, gated_reader(box));
  const Two ends =
      run_both(box, call_with(box, one.get(), words), call_with(box, other.get(), words));
  CHECK(ends.first == exited(0));
  CHECK(ends.second == exited(0));
  CHECK(ends.executions == 1);
}

TEST_CASE("The command has its stdin for itself") {
  Sandbox box;
  const UniqueFd file = open_file(box, "file", "content");
  const std::string line = "readlink /proc/self/fd/0; echo x 2>&- >/dev/stdin; cat";
  const Result end = Started(call_with(box, file.get(), {"/bin/sh", "-c", line})).finish();
  CHECK(end.out.ends_with("content"));
  CHECK(end.out.find(box.path("file")) == std::string::npos);
  CHECK(box.read("file") == "content");
}

TEST_CASE("Each try of a run reads all of its stdin") {
  Sandbox box;
  const UniqueFd file = open_file(box, "file", "content");
  const std::string line = "cat; test -e tried || { touch tried; exit 1; }";
  const Words words = {"--retries", "1", "/bin/sh", "-c", line};
  CHECK(Started(call_with(box, file.get(), words)).finish() == exited(0, "content"));
  CHECK(box.exists("tried"));
}

TEST_CASE("A signal ends a call that still reads its stdin") {
  Sandbox box;
  const Pipe pipe = make_pipe();
  Started call(call_with(box, pipe.reader.get(), with({"--stdin=pass"}, box.puppet({}))));
  REQUIRE(::write(pipe.writer.get(), "x", 1) == 1);
  REQUIRE(eventually([&] { return is_drained(pipe.reader); }));
  const int number = GENERATE(SIGINT, SIGTERM);
  call.signal(number);
  CHECK(call.finish() == signaled(number));
  CHECK(box.executions() == 0);
}

TEST_CASE("Where no daemon can be had, the command reads the same") {
  Sandbox box;
  const std::string mode = GENERATE("auto", "pass", "none");
  const UniqueFd source =
      GENERATE(true, false) ? pipe_of("content") : open_file(box, "file", "content");
  const Result end =
      Started(call_with(box, source.get(),
                        with({"--no-start", "--stdin=" + mode}, box.puppet({"print-stdin"}))))
          .finish();
  CHECK(end.code == 0);
  CHECK(end.out == (mode == "none" ? "" : "content"));
  CHECK(is_own_line(end.err));
}

TEST_CASE("A call that another daemon serves in the end gives it the same stdin") {
  Sandbox box;
  FalseDaemon first(box.socket());
  const UniqueFd source = pipe_of("content");
  Started call(call_with(box, source.get(), with({"--stdin=pass"}, box.puppet({"print-stdin"}))));
  first.end_on_request();
  CHECK(call.finish() == exited(0, "content"));
  CHECK(box.executions() == 1);
  CHECK(box.daemon_pid().has_value());
}

TEST_CASE("A large stdin is not held in memory") {
  Sandbox box;
  const std::size_t size = is_sanitized() ? 64 << 20 : 1 << 30;
  constexpr Milliseconds kLongPatience{240'000};
  const UniqueFd file(::open(box.path("large").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::ftruncate(file.get(), size) == 0);
  const Words puppet = box.puppet({"wait-for", box.path("gate")});
  const Words reader = with({"/bin/sh", "-c", "\"$@\" && wc -c", "sh"}, puppet);
  Started call(call_with(box, file.get(), with({"--require-daemon"}, reader)));
  REQUIRE(eventually([&] { return box.executions() == 1; }, kLongPatience));
  const std::size_t peak = peak_memory(call.pid());
  CHECK(peak > 100);
  if (!is_sanitized()) CHECK(peak < 8 * 1024);
  box.touch("gate");
  CHECK(call.finish() == exited(0, std::to_string(size) + "\n"));
}
