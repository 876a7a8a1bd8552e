// Output for which the disk has no room.

#include "support/catch.hpp"
#include "support/e2e/paced_reader.hpp"
#include "support/e2e/small_disk.hpp"

using namespace e2e;

TEST_CASE("Callers wait for room on a full disk") {
  Sandbox box;
  const SmallDisk disk(box.path("disk"), "4M");
  if (!disk.is_there()) {
    WARN("no file system can be mounted here");
    return;
  }
  constexpr std::uint64_t kSize = 4 * kMebibyte;
  disk.fill();
  box.start_daemon({"--spool-dir", disk.folder()});
  const Words command = write_noise(box, kSize);
  PacedReader one(box, command), other(box, command);
  box.await_callers(2);
  box.touch("gate");
  // The first segment is in memory.
  await_output(box, {kMebibyte});
  CHECK(one.caller().is_running());
  disk.clear();
  read_all({{one, kMebibyte}, {other, 10'000}});
  for (PacedReader* reader : {&one, &other}) {
    CHECK(reader->caller().finish() == exited(4));
    CHECK(reader->check().is_whole(kSize));
  }
}

TEST_CASE("A try that is not shown yet waits for room on a full disk, too") {
  Sandbox box;
  const SmallDisk disk(box.path("disk"), "4M");
  if (!disk.is_there()) {
    WARN("no file system can be mounted here");
    return;
  }
  constexpr std::uint64_t kSize = 4 * kMebibyte;
  disk.fill();
  box.start_daemon({"--spool-dir", disk.folder()});
  PacedReader only(box, with({"--retries=1"}, write_noise(box, kSize)));
  box.await_callers(1);
  box.touch("gate");
  await_output(box, {kMebibyte});
  CHECK(only.caller().is_running());
  disk.clear();
  read_all({{only, kMebibyte}});
  CHECK(only.caller().finish() == exited(4));
  CHECK(only.check().is_whole(kSize));
  CHECK(box.executions() == 2);
}

TEST_CASE("A disk that stays full is 125 and one line, and nothing is left") {
  Sandbox box;
  const SmallDisk disk(box.path("disk"), "4M");
  if (!disk.is_there()) {
    WARN("no file system can be mounted here");
    return;
  }
  constexpr std::uint64_t kSize = 4 * kMebibyte;
  disk.fill();
  box.start_daemon({"--spool-dir", disk.folder(), "--stall-timeout", "300ms"});
  const Words command = write_noise(box, kSize);
  PacedReader one(box, command), other(box, command);
  box.await_callers(2);
  box.touch("gate");
  read_all({{one, kMebibyte}, {other, 10'000}});
  check_let_go(one, kSize);
  check_let_go(other, kSize);
  check_process_gone(box);
  CHECK(box.executions() == 1);
}
