#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

Result<UniqueFd> try_lock_file(const std::string& socket) {
  const auto folder = SocketFolder::open(socket, ::geteuid());
  if (!folder) return folder.error();
  return open_lock_file(*folder);
}

UniqueFd open_lock(const std::string& socket) {
  auto file = try_lock_file(socket);
  REQUIRE(file.has_value());
  return std::move(*file);
}

}  // namespace

TEST_CASE("a lock is held by one of two who opened the file") {
  const ScratchFolder folder;
  const UniqueFd first = open_lock(folder / "s"), second = open_lock(folder / "s");
  CHECK(take_lock(first.get(), LockPart::life));
  CHECK_FALSE(take_lock(second.get(), LockPart::life));
  CHECK(take_lock(first.get(), LockPart::life));  // it has it already
  drop_lock(first.get(), LockPart::life);
  CHECK(take_lock(second.get(), LockPart::life));
  CHECK_FALSE(take_lock(first.get(), LockPart::life));
}

TEST_CASE("the two locks of a file are independent") {
  const ScratchFolder folder;
  const UniqueFd first = open_lock(folder / "s"), second = open_lock(folder / "s");
  CHECK(take_lock(first.get(), LockPart::life));
  CHECK(take_lock(second.get(), LockPart::start));
  CHECK_FALSE(take_lock(first.get(), LockPart::start));
  drop_lock(second.get(), LockPart::start);
  CHECK_FALSE(take_lock(second.get(), LockPart::life));
}

TEST_CASE("locks of different sockets are independent") {
  const ScratchFolder folder;
  const UniqueFd first = open_lock(folder / "s"), second = open_lock(folder / "t");
  CHECK(take_lock(first.get(), LockPart::life));
  CHECK(take_lock(second.get(), LockPart::life));
}

TEST_CASE("a lock ends with the last descriptor of whoever holds it") {
  const ScratchFolder folder;
  UniqueFd holder = open_lock(folder / "s");
  const UniqueFd other = open_lock(folder / "s");
  REQUIRE(take_lock(holder.get(), LockPart::life));
  UniqueFd copy(::fcntl(holder.get(), F_DUPFD_CLOEXEC, 3));
  // Another opening and closing of the same file in this process does not drop it.
  open_lock(folder / "s").reset();
  holder.reset();
  CHECK_FALSE(take_lock(other.get(), LockPart::life));
  copy.reset();
  CHECK(take_lock(other.get(), LockPart::life));
}

TEST_CASE("a lock of a process that died is free") {
  const ScratchFolder folder;
  const std::string socket = folder / "s";
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto file = try_lock_file(socket);
    ::_exit(file.has_value() && take_lock(file->get(), LockPart::life) ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  const UniqueFd file = open_lock(socket);
  CHECK(take_lock(file.get(), LockPart::life));
}

TEST_CASE("whether another holds a lock can be seen, and takes nothing") {
  const ScratchFolder folder;
  UniqueFd holder = open_lock(folder / "s");
  const UniqueFd looker = open_lock(folder / "s"), third = open_lock(folder / "s");
  CHECK_FALSE(is_locked(looker.get(), LockPart::life));
  CHECK(take_lock(holder.get(), LockPart::life));
  CHECK(is_locked(looker.get(), LockPart::life));
  CHECK_FALSE(is_locked(looker.get(), LockPart::start));
  CHECK_FALSE(is_locked(holder.get(), LockPart::life));
  holder.reset();
  CHECK_FALSE(is_locked(looker.get(), LockPart::life));
  CHECK(take_lock(third.get(), LockPart::life));
}

TEST_CASE("a lock file is its owner's alone and no link is followed") {
  const ScratchFolder folder;
  const UniqueFd file = open_lock(folder / "s");
  struct stat found {};
  REQUIRE(::fstat(file.get(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  CHECK((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);

  REQUIRE(::symlink((folder / "victim").c_str(), (folder / "t.lock").c_str()) == 0);
  const auto linked = try_lock_file(folder / "t");
  REQUIRE_FALSE(linked.has_value());
  CHECK(linked.error().code == ELOOP);
  CHECK(::access((folder / "victim").c_str(), F_OK) != 0);
  CHECK(try_lock_file(folder / "none/s").error().code == ENOENT);
  REQUIRE(::mkdir((folder / "u.lock").c_str(), 0700) == 0);
  CHECK_FALSE(try_lock_file(folder / "u").has_value());
  REQUIRE(::mkfifo((folder / "v.lock").c_str(), 0600) == 0);
  CHECK(try_lock_file(folder / "v").error().text.find("not a file") != std::string::npos);
}

TEST_CASE("a lock file of another user is refused") {
  if (::geteuid() != 0) return;
  const ScratchFolder folder;
  open_lock(folder / "s").reset();
  REQUIRE(::chown((folder / "s.lock").c_str(), 12345, static_cast<gid_t>(-1)) == 0);
  const auto file = try_lock_file(folder / "s");
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error().text.find("belongs to another user") != std::string::npos);
}
