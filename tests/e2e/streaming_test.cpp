// Output: every byte, in order, as it comes, to everybody.

#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "support/catch.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;

/// A caller whose stdout is compared with noise as it comes.
struct NoiseReader {
  std::shared_ptr<NoiseCheck> check;
  Started caller;
};

NoiseReader read_noise(const Sandbox& box, const Words& command, std::uint64_t seed) {
  auto check = std::make_shared<NoiseCheck>(seed);
  Spawn spawn = box.call(command);
  spawn.out_sink = [check](std::string_view bytes) { check->take(bytes); };
  return {check, Started(spawn)};
}

bool comes(Started& caller, const std::string& out) {
  return eventually([&] { return caller.out() == out; });
}

}  // namespace

TEST_CASE("Both streams arrive byte-exact, NULs and all") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "out-hex", "00ff0a000d0a80fe00",
                                    "err-hex", "0000c3280a1b5b6d", "out", "no newline"});
  Started one = box.start(command);
  Started other = box.start(command);
  box.await_callers(2);
  box.touch("gate");
  using namespace std::string_literals;
  const Result expected =
      exited(0, "\x00\xff\n\x00\r\n\x80\xfe\x00no newline"s, "\x00\x00\xc3(\n\x1b[m"s);
  CHECK(one.finish() == expected);
  CHECK(other.finish() == expected);
}

TEST_CASE("No output is no output") {
  Sandbox box;
  CHECK(box.run(box.puppet({"exit", "0"})) == exited(0));
}

TEST_CASE("A line shows at every caller when it is written, not at the end") {
  Sandbox box;
  const Words command = box.puppet({"out", "one\n", "wait-for", box.path("two"), "out", "two\n",
                                    "wait-for", box.path("end"), "err", "three\n"});
  std::vector<Started> callers;
  for (int n = 0; n < 5; ++n) callers.push_back(box.start(command));
  box.await_callers(5);
  for (Started& caller : callers) CHECK(comes(caller, "one\n"));
  box.touch("two");
  for (Started& caller : callers) CHECK(comes(caller, "one\ntwo\n"));
  for (Started& caller : callers) CHECK(caller.is_running());
  box.touch("end");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0, "one\ntwo\n", "three\n"));
}

TEST_CASE("A part of a line is not held back") {
  Sandbox box;
  Started caller = box.start(box.puppet({"out", "Continue? ", "wait-for", box.path("gate")}));
  CHECK(comes(caller, "Continue? "));
  box.touch("gate");
  CHECK(caller.finish().code == 0);
}

TEST_CASE("Who comes late gets everything from the first byte, before the end") {
  Sandbox box;
  const Words command = box.puppet({"noise", "7", "3000000", "err", "out", "early\n", "wait-for",
                                    box.path("gate"), "out", "late\n"});
  Started first = box.start(command);
  REQUIRE(comes(first, "early\n"));
  Started second = box.start(command);
  CHECK(comes(second, "early\n"));
  CHECK(second.is_running());
  box.touch("gate");
  const Result one = first.finish();
  const Result other = second.finish();
  CHECK(one.out == "early\nlate\n");
  CHECK(one.err.size() == 3'000'000);
  CHECK(one == other);
  CHECK(box.executions() == 1);
}

TEST_CASE("A caller that does not read holds nobody, and still gets everything") {
  Sandbox box;
  constexpr std::uint64_t kSize = 8 * kMebibyte;
  const Words command = box.puppet(
      {"wait-for", box.path("gate"), "noise", "3", std::to_string(kSize), "out", "exit", "4"});
  NoiseReader idle = read_noise(box, command, 3);
  NoiseReader eager = read_noise(box, command, 3);
  box.await_callers(2);
  box.touch("gate");
  CHECK(eager.caller.finish().code == 4);
  CHECK(eager.check->is_whole(kSize));
  CHECK(idle.caller.is_running());
  CHECK(idle.check->size() == 0);
  CHECK(idle.caller.finish().code == 4);
  CHECK(idle.check->is_whole(kSize));
}

TEST_CASE("A caller that is stopped holds nobody, and goes on where it was") {
  Sandbox box;
  constexpr std::uint64_t kSize = 4 * kMebibyte;
  const Words command = box.puppet({"out", "", "wait-for", box.path("gate"), "noise", "5",
                                    std::to_string(kSize), "out", "exit", "0"});
  NoiseReader stopped = read_noise(box, command, 5);
  NoiseReader other = read_noise(box, command, 5);
  box.await_callers(2);
  stopped.caller.signal(SIGSTOP);
  box.touch("gate");
  CHECK(other.caller.finish().code == 0);
  CHECK(other.check->is_whole(kSize));
  CHECK(stopped.caller.is_running());
  stopped.caller.signal(SIGCONT);
  CHECK(stopped.caller.finish().code == 0);
  CHECK(stopped.check->is_whole(kSize));
}

TEST_CASE("96 MiB of noise to six callers arrives whole at each") {
  Sandbox box;
  constexpr std::uint64_t kSize = 96 * kMebibyte;
  const Words command =
      box.puppet({"wait-for", box.path("gate"), "noise", "9", std::to_string(kSize), "out"});
  std::vector<NoiseReader> readers;
  for (int n = 0; n < 6; ++n) readers.push_back(read_noise(box, command, 9));
  box.await_callers(6);
  box.touch("gate");
  for (NoiseReader& reader : readers) {
    CHECK(reader.caller.finish().code == 0);
    CHECK(reader.check->is_whole(kSize));
  }
  CHECK(box.executions() == 1);
}

TEST_CASE("Who joins after 80 MiB gets all of them") {
  Sandbox box;
  constexpr std::uint64_t kSize = 80 * kMebibyte;
  const Words command = box.puppet({"noise", "2", std::to_string(kSize), "out", "taken", "out",
                                    "touch", box.path("written"), "wait-for", box.path("gate")});
  NoiseReader first = read_noise(box, command, 2);
  // The first caller reads nothing yet: the output waits for both.
  box.await_file("written");
  NoiseReader late = read_noise(box, command, 2);
  box.await_callers(2);
  box.touch("gate");
  CHECK(late.caller.finish().code == 0);
  CHECK(late.check->is_whole(kSize));
  CHECK(first.caller.finish().code == 0);
  CHECK(first.check->is_whole(kSize));
}

TEST_CASE("All that was written before the end arrives, however quickly the end comes") {
  Sandbox box;
  constexpr std::uint64_t kSize = 200'000;
  for (int round = 0; round < 20; ++round) {
    NoiseReader reader = read_noise(
        box, box.puppet({"noise", "1", std::to_string(kSize), "out", "kill", "KILL"}), 1);
    CHECK(reader.caller.finish().signal == SIGKILL);
    CHECK(reader.check->is_whole(kSize));
  }
}

TEST_CASE("A background process left behind keeps nobody waiting and gets no SIGPIPE") {
  Sandbox box;
  const Words command = box.puppet({"spawn", "wait-for", box.path("gate"), "noise", "1", "1000000",
                                    "out", "noise", "1", "1000000", "err", "note",
                                    box.path("survived"), "yes", "end", "out", "done\n"});
  CHECK(box.run(command) == exited(0, "done\n"));
  // Its run is over: the same command is a new one.
  CHECK(box.run(command) == exited(0, "done\n"));
  CHECK(box.executions() == 2);
  box.touch("gate");
  CHECK(eventually([&] { return box.read("survived") == "yesyes"; }));
}

TEST_CASE("A process that closes its output goes on running") {
  Sandbox box;
  Started caller =
      box.start(box.puppet({"out", "said\n", "close", "out", "close", "err", "touch",
                            box.path("closed"), "wait-for", box.path("gate"), "exit", "6"}));
  box.await_file("closed");
  box.await_callers(1);
  CHECK(caller.is_running());
  box.touch("gate");
  CHECK(caller.finish() == exited(6, "said\n"));
}

TEST_CASE("A command that opens its output anew does not cut what was there") {
  Sandbox box;
  const std::string line = "echo a; echo b >/dev/stdout; echo c >/dev/stderr; echo d; echo e >&2";
  CHECK(box.run({"-c", line}) == exited(0, "a\nb\nd\n", "c\ne\n"));
}

TEST_CASE("Standard input is empty, whatever the caller's is") {
  Sandbox box;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const reduce::UniqueFd reader(ends[0]), writer(ends[1]);
  Spawn call = box.call(box.puppet({"print-stdin", "out", "end\n"}));
  call.in = reader.get();
  // The caller's pipe stays open: the process must see an end all the same.
  CHECK(Started(call).finish() == exited(0, "end\n"));
}
