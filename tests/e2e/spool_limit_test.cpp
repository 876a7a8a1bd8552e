// What is kept of output is bounded, and every byte comes all the same.

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/paced_reader.hpp"
#include "support/e2e/process_table.hpp"

using namespace e2e;

namespace {

/// Bytes on disk and in memory of the nameless files that a process has open.
std::uint64_t kept_by(pid_t process) {
  std::uint64_t bytes = 0;
  std::error_code ended;
  std::set<std::pair<dev_t, ino_t>> counted;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd", ended)) {
    struct stat found {};
    if (::stat(entry.path().c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    // Of each file there may be a writer and a reader.
    if (found.st_nlink > 0 || !counted.emplace(found.st_dev, found.st_ino).second) continue;
    bytes += static_cast<std::uint64_t>(found.st_blocks) * 512;
  }
  return bytes;
}

}  // namespace

TEST_CASE("600 MB pass through a spool of 64 MiB") {
  Sandbox box;
  constexpr std::uint64_t kSize = 600'000'000, kLimit = 64 * kMebibyte;
  const pid_t daemon = box.start_daemon({"--spool-limit", "64M"}).pid();
  const Words command = write_noise(box, kSize);
  PacedReader one(box, command);
  box.await_callers(1);
  box.touch("gate");
  // Nobody reads: the process has to wait.
  await_output(box, {kLimit});
  const std::uint64_t before = resident_bytes(daemon);
  std::uint64_t most_kept = kept_by(daemon), most_resident = before;
  CHECK(most_kept >= kLimit);
  int round = 0;
  read_all({{one, kMebibyte}}, [&] {
    if (++round % 100 != 0) return;
    most_kept = std::max(most_kept, kept_by(daemon));
    most_resident = std::max(most_resident, resident_bytes(daemon));
  });
  CHECK(one.caller().finish() == exited(4));
  CHECK(one.check().is_whole(kSize));
  // A file system may take more blocks than a file has bytes.
  CHECK(most_kept <= kLimit + kLimit / 8);
  CHECK(most_resident <= before + 8 * kMebibyte);
  CHECK(eventually([&] { return kept_by(daemon) == 0; }));
  CHECK(box.executions() == 1);
}

TEST_CASE("600 MB pass through a spool of 64 MiB to readers of different speeds") {
  Sandbox box;
  constexpr std::uint64_t kSize = 600'000'000;
  box.start_daemon({"--spool-limit", "64M"});
  const Words command = write_noise(box, kSize);
  PacedReader fast(box, command), middle(box, command), slow(box, command);
  box.await_callers(3);
  box.touch("gate");
  read_all({{fast, kMebibyte}, {middle, 40'000}, {slow, 10'000}});
  for (PacedReader* reader : {&fast, &middle, &slow}) {
    CHECK(reader->caller().finish() == exited(4));
    CHECK(reader->check().is_whole(kSize));
  }
  CHECK(box.executions() == 1);
}

TEST_CASE("A run of which not everything is kept any more takes no more callers") {
  Sandbox box;
  constexpr std::uint64_t kSize = 3 * kMebibyte;
  box.start_daemon({"--spool-limit", "1M"});
  const Words command = write_noise(box, kSize);
  PacedReader first(box, command), joined(box, command);
  box.await_callers(2);
  box.touch("gate");
  // Once more came than is kept, the beginning is gone.
  REQUIRE(eventually([&] {
    for (PacedReader* reader : {&first, &joined}) {
      if (reader->check().size() < kMebibyte / 2) reader->take(kMebibyte / 8);
    }
    return output_sizes(box).at(0) > kMebibyte;
  }));
  PacedReader late(box, command);
  REQUIRE(eventually([&] { return box.executions() == 2; }));
  read_all({{first, kMebibyte}, {joined, kMebibyte}, {late, kMebibyte}});
  for (PacedReader* reader : {&first, &joined, &late}) {
    CHECK(reader->caller().finish() == exited(4));
    CHECK(reader->check().is_whole(kSize));
  }
  CHECK(box.executions() == 2);
}

TEST_CASE("A run waits for its only reader while that is stopped") {
  Sandbox box;
  constexpr std::uint64_t kSize = 8 * kMebibyte;
  // However long: nobody else waits for it.
  box.start_daemon({"--spool-limit", "1M", "--stall-timeout", "1ms"});
  PacedReader only(box, write_noise(box, kSize));
  box.await_callers(1);
  only.caller().signal(SIGSTOP);
  box.touch("gate");
  await_output(box, {kMebibyte});
  for (int look = 0; look < 10; ++look) {
    CHECK(output_sizes(box) == std::vector<std::uint64_t>{kMebibyte});
  }
  CHECK_FALSE(box.exists("written"));
  only.caller().signal(SIGCONT);
  read_all({{only, kMebibyte}});
  CHECK(only.caller().finish() == exited(4));
  CHECK(only.check().is_whole(kSize));
}

TEST_CASE("A reader that takes nothing while others wait is let go") {
  Sandbox box;
  constexpr std::uint64_t kSize = 8 * kMebibyte;
  box.start_daemon({"--spool-limit", "1M", "--stall-timeout", "1s"});
  const Words command = write_noise(box, kSize);
  PacedReader idle(box, command), eager(box, command), other(box, command);
  box.await_callers(3);
  const bool stopped = GENERATE(false, true);
  CAPTURE(stopped);
  if (stopped) idle.caller().signal(SIGSTOP);
  box.touch("gate");
  // These can only come to an end without it.
  read_all({{eager, kMebibyte}, {other, 30'000}});
  for (PacedReader* reader : {&eager, &other}) {
    CHECK(reader->caller().finish() == exited(4));
    CHECK(reader->check().is_whole(kSize));
  }
  if (stopped) idle.caller().signal(SIGCONT);
  check_let_go(idle, kSize);
  CHECK(box.executions() == 1);
}

TEST_CASE("A reader that is slow is not let go while others wait") {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kStall{2};
  Sandbox box;
  constexpr std::uint64_t kSize = 12 * kMebibyte, kLimit = 8 * kMebibyte;
  box.start_daemon({"--spool-limit", "8M", "--stall-timeout", "2s"});
  const Words command = write_noise(box, kSize);
  PacedReader slow(box, command), eager(box, command);
  box.await_callers(2);
  const auto begin = Clock::now();
  auto last = begin;
  Clock::duration longest{};
  box.touch("gate");
  REQUIRE(eventually([&] { return eager.take(kMebibyte), eager.check().size() == kLimit; }));
  // A little at a time: one segment takes it longer than it may take nothing.
  while (Clock::now() - begin < 3 * kStall && !slow.has_ended()) {
    ::poll(nullptr, 0, 50);
    if (slow.take(8192) == 0) continue;
    longest = std::max(longest, Clock::now() - std::exchange(last, Clock::now()));
  }
  if (longest > kStall / 2) {
    WARN("this machine is too busy for a reader that is slow but moves");
    return;
  }
  // One whole segment is 1 MiB; less came by now.
  CHECK(slow.check().size() < 2 * kMebibyte);
  CHECK(eager.check().size() == kLimit);
  read_all({{slow, kMebibyte}, {eager, kMebibyte}});
  for (PacedReader* reader : {&slow, &eager}) {
    CHECK(reader->caller().finish() == exited(4));
    CHECK(reader->check().is_whole(kSize));
  }
}

TEST_CASE("What a process wrote last comes before its end, if it has to wait for room") {
  Sandbox box;
  constexpr std::uint64_t kSize = kMebibyte + 30'000;
  box.start_daemon({"--spool-limit", "1M"});
  PacedReader only(box, write_noise(box, kSize));
  box.await_callers(1);
  box.touch("gate");
  // The rest is in the process's pipe when it ends.
  box.await_file("written");
  const auto executed = box.executed();
  REQUIRE(eventually([&] { return std::ranges::none_of(executed, is_alive); }));
  await_output(box, {kMebibyte});
  CHECK(only.caller().is_running());
  read_all({{only, 10'000}});
  CHECK(only.caller().finish() == exited(4));
  CHECK(only.check().is_whole(kSize));
}

TEST_CASE("What is kept of all runs together is bounded") {
  Sandbox box;
  constexpr std::uint64_t kSize = 8 * kMebibyte, kTotal = 2 * kMebibyte;
  const pid_t daemon = box.start_daemon({"--spool-total", "2M"}).pid();
  PacedReader first(box, write_noise(box, kSize));
  PacedReader second(box, with({"--ident=another"}, write_noise(box, kSize)));
  box.await_callers(2);
  box.touch("gate");
  const auto all_output = [&] {
    std::uint64_t all = 0;
    for (const std::uint64_t size : output_sizes(box)) all += size;
    return all;
  };
  // What is in a caller's pipe need not be kept: a run that got little of the room is past it.
  const std::uint64_t in_pipes = first.capacity() + second.capacity();
  // An eighth of the total is for runs of which little is kept.
  REQUIRE(eventually([&] { return all_output() >= kTotal - kTotal / 8; }));
  for (int look = 0; look < 10; ++look) CHECK(all_output() <= kTotal + in_pipes);
  CHECK(kept_by(daemon) <= kTotal + kTotal / 8);
  read_all({{first, 30'000}, {second, 10'000}});
  for (PacedReader* reader : {&first, &second}) {
    CHECK(reader->caller().finish() == exited(4));
    CHECK(reader->check().is_whole(kSize));
  }
  CHECK(eventually([&] { return kept_by(daemon) == 0; }));
}

TEST_CASE("A caller that takes nothing holds up no other command, though it has all the room") {
  Sandbox box;
  constexpr std::uint64_t kSize = 50 * kMebibyte;
  box.start_daemon({"--spool-limit", "8M", "--spool-total", "8M", "--stall-timeout", "1s"});
  PacedReader stopped(box, write_noise(box, kSize));
  box.await_callers(1);
  stopped.caller().signal(SIGSTOP);
  box.touch("gate");
  await_output(box, {7 * kMebibyte});
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  // More than is set aside for those who begin: the room is had from the one who takes nothing.
  REQUIRE(std::filesystem::remove(box.path("gate")));
  const Words another = with({"--ident=another"}, write_noise(box, 6 * kMebibyte));
  PacedReader slow(box, another), prompt(box, another);
  box.await_callers(3);
  box.touch("gate");
  read_all({{prompt, kMebibyte}});
  CHECK(prompt.caller().finish() == exited(4));
  CHECK(prompt.check().is_whole(6 * kMebibyte));
  read_all({{slow, kMebibyte}});
  CHECK(slow.caller().finish() == exited(4));
  CHECK(slow.check().is_whole(6 * kMebibyte));
  stopped.caller().signal(SIGCONT);
  read_all({{stopped, kMebibyte}});
  check_let_go(stopped, kSize);
}

TEST_CASE("More than can be kept of a run with several tries is 125 and one line") {
  Sandbox box;
  box.start_daemon({"--spool-limit", "1M"});
  const Words command = with({"--retries=2"}, write_noise(box, 3 * kMebibyte));
  box.touch("gate");
  const Result result = box.run(command);
  INFO(result);
  CHECK(result.code == 125);
  CHECK(result.out.size() == kMebibyte);
  CHECK(is_own_line(result.err));
  CHECK(result.err.find("limit") != std::string::npos);
  CHECK(box.executions() == 1);
  check_process_gone(box);
}
