#include "base/socket_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/socket_path.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

std::string refusal(const Result<SocketFolder>& result) {
  return result.has_value() ? std::string() : result.error().text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A user who does not exist, another one in each process.
uid_t nobody_else() {
  return 3'000'000'000u + static_cast<uid_t>(::getpid());
}

}  // namespace

TEST_CASE("a standard folder is made for its user alone and a given one is not") {
  const uid_t other = nobody_else();
  const std::string socket = *choose_socket(std::nullopt, other);
  const std::string folder = std::filesystem::path(socket).parent_path();
  const auto result = SocketFolder::open(socket, other);
  struct stat found {};
  const int looked = ::lstat(folder.c_str(), &found);
  std::filesystem::remove(folder);
  REQUIRE(looked == 0);
  CHECK((found.st_mode & 07777) == 0700);
  if (::geteuid() != 0) CHECK(contains(refusal(result), "belongs to another user"));

  const ScratchFolder scratch;
  CHECK(SocketFolder::open(scratch / "none/s", ::geteuid()).error().code == ENOENT);
  CHECK_FALSE(std::filesystem::exists(scratch / "none"));
}

TEST_CASE("a link in the standard folder's place is refused") {
  const ScratchFolder target;
  const uid_t other = nobody_else();
  const std::string socket = *choose_socket(std::nullopt, other);
  const std::string folder = std::filesystem::path(socket).parent_path();
  REQUIRE(::symlink(target.path().c_str(), folder.c_str()) == 0);
  const auto result = SocketFolder::open(socket, other);
  ::unlink(folder.c_str());
  CHECK(contains(refusal(result), "symbolic link"));
}

TEST_CASE("a socket folder must be a folder of ours that others cannot change") {
  const ScratchFolder scratch;
  const uid_t me = ::geteuid();
  const std::string folder = scratch / "folder";
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  CHECK(refusal(SocketFolder::open(folder + "/s", me)).empty());
  ::chmod(folder.c_str(), 0755);
  CHECK(refusal(SocketFolder::open(folder + "/s", me)).empty());
  for (const mode_t mode : {0770, 0707, 0777, 0720, 0702}) {
    INFO(mode);
    ::chmod(folder.c_str(), mode);
    CHECK(contains(refusal(SocketFolder::open(folder + "/s", me)), "others can write"));
  }
  ::chmod(folder.c_str(), 01777);  // as /tmp
  CHECK(refusal(SocketFolder::open(folder + "/s", me)).empty());
  ::chmod(folder.c_str(), 0700);

  const std::string link = scratch / "link";
  REQUIRE(::symlink(folder.c_str(), link.c_str()) == 0);
  CHECK(contains(refusal(SocketFolder::open(link + "/s", me)), "symbolic link"));
  std::ofstream(scratch / "file") << "x";
  CHECK(contains(refusal(SocketFolder::open(scratch / "file/s", me)), "not a folder"));
  CHECK(contains(refusal(SocketFolder::open(scratch / "none/s", me)), "none"));
}

TEST_CASE("a socket folder of another user is refused, and one below it") {
  const ScratchFolder scratch;
  if (::geteuid() == 0) {
    REQUIRE(::chown(scratch.path().c_str(), nobody_else(), static_cast<gid_t>(-1)) == 0);
    CHECK(contains(refusal(SocketFolder::open(scratch / "s", 0)), "belongs to another user"));
    REQUIRE(::mkdir((scratch / "below").c_str(), 0700) == 0);
    CHECK(contains(refusal(SocketFolder::open(scratch / "below/s", 0)),
                   scratch.path() + ": it belongs to another user"));
  } else {
    CHECK(contains(refusal(SocketFolder::open(scratch / "s", nobody_else())),
                   "belongs to another user"));
  }
}

TEST_CASE("a folder on the way that others can change or that is a link is refused by name") {
  const ScratchFolder scratch;
  const uid_t me = ::geteuid();
  const std::string way = scratch / "way";
  REQUIRE(::mkdir(way.c_str(), 0700) == 0);
  REQUIRE(::mkdir((way + "/folder").c_str(), 0700) == 0);
  CHECK(refusal(SocketFolder::open(way + "/folder/s", me)).empty());
  CHECK(refusal(SocketFolder::open(way + "//folder/./../folder/s", me)).empty());
  ::chmod(way.c_str(), 0777);
  CHECK(contains(refusal(SocketFolder::open(way + "/folder/s", me)),
                 way + ": others can write to it (chmod go-w " + way + ")"));
  ::chmod(way.c_str(), 01777);  // as /tmp
  CHECK(refusal(SocketFolder::open(way + "/folder/s", me)).empty());
  ::chmod(way.c_str(), 0700);
  REQUIRE(::symlink(way.c_str(), (scratch / "link").c_str()) == 0);
  CHECK(contains(refusal(SocketFolder::open(scratch / "link/folder/s", me)),
                 scratch / "link" + ": it is a symbolic link"));
}

TEST_CASE("a standard folder that is open to others is refused") {
  const uid_t other = nobody_else();
  const std::string socket = *choose_socket(std::nullopt, other);
  const std::string folder = std::filesystem::path(socket).parent_path();
  REQUIRE(::mkdir(folder.c_str(), 0755) == 0);
  if (::geteuid() != 0 || ::chown(folder.c_str(), other, static_cast<gid_t>(-1)) == 0) {
    const auto result = SocketFolder::open(socket, ::geteuid() == 0 ? other : ::geteuid());
    CHECK((::geteuid() != 0 || contains(refusal(result), "chmod 700")));
  }
  std::filesystem::remove(folder);
}

TEST_CASE("what is made in a socket folder is made in the one that was checked") {
  const ScratchFolder scratch;
  const std::string way = scratch / "folder";
  REQUIRE(::mkdir(way.c_str(), 0700) == 0);
  const auto folder = SocketFolder::open(way + "/s", ::geteuid());
  REQUIRE(folder.has_value());
  // Another one in its place.
  std::filesystem::rename(way, scratch / "moved");
  REQUIRE(::mkdir(way.c_str(), 0700) == 0);
  const UniqueFd file(::openat(folder->descriptor(), "s.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  CHECK(std::filesystem::exists(scratch / "moved/s.lock"));
  CHECK_FALSE(std::filesystem::exists(way + "/s.lock"));
}
