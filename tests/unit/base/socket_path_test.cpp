#include "base/socket_path.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;

std::string refusal(const Result<void>& result) {
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

TEST_CASE("a socket that is given is used and made absolute") {
  const uid_t me = ::geteuid();
  CHECK(*choose_socket("/tmp/x.sock", me) == "/tmp/x.sock");
  const std::string here = std::filesystem::current_path();
  CHECK(*choose_socket("x.sock", me) == here + "/x.sock");
  CHECK(*choose_socket("a/../x", me) == here + "/a/../x");
}

TEST_CASE("a socket path that cannot be one is refused with a reason") {
  const uid_t me = ::geteuid();
  CHECK(contains(choose_socket("", me).error().text, "empty"));
  CHECK(contains(choose_socket("/tmp/", me).error().text, "folder"));
  CHECK(contains(choose_socket("x/", me).error().text, "folder"));
  CHECK(contains(choose_socket("/", me).error().text, "folder"));
  const std::string longest = "/" + std::string(kLongest - 1, 'x');
  CHECK(choose_socket(longest.c_str(), me).has_value());
  const auto too_long = choose_socket((longest + "x").c_str(), me);
  REQUIRE_FALSE(too_long.has_value());
  CHECK(contains(too_long.error().text, "too long"));
  CHECK(contains(too_long.error().text, std::to_string(kLongest)));
}

TEST_CASE("a relative socket path counts with its folder") {
  const ScratchFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const std::string name(kLongest - folder.path().size() - 1, 'x');
  const auto fits = choose_socket(name.c_str(), ::geteuid());
  const auto too_long = choose_socket((name + "x").c_str(), ::geteuid());
  std::filesystem::current_path(before);
  REQUIRE(fits.has_value());
  CHECK(*fits == folder / name);
  CHECK_FALSE(too_long.has_value());
}

TEST_CASE("the standard socket is the user's and of this protocol") {
  const auto mine = choose_socket(std::nullopt, ::geteuid());
  REQUIRE(mine.has_value());
  const std::string user = std::to_string(::geteuid());
  CHECK((*mine == "/run/user/" + user + "/reduce/v1.sock" ||
         *mine == "/tmp/reduce-" + user + "/v1.sock"));
  const uid_t other = nobody_else();
  CHECK(*choose_socket(std::nullopt, other) == "/tmp/reduce-" + std::to_string(other) + "/v1.sock");
}

TEST_CASE("a standard folder is made for its user alone and a given one is not") {
  const uid_t other = nobody_else();
  const std::string socket = *choose_socket(std::nullopt, other);
  const std::string folder = std::filesystem::path(socket).parent_path();
  const auto result = prepare_socket_folder(socket, other);
  struct stat found {};
  const int looked = ::lstat(folder.c_str(), &found);
  std::filesystem::remove(folder);
  REQUIRE(looked == 0);
  CHECK((found.st_mode & 07777) == 0700);
  if (::geteuid() != 0) CHECK(contains(refusal(result), "belongs to another user"));

  const ScratchFolder scratch;
  CHECK(prepare_socket_folder(scratch / "none/s", ::geteuid()).error().code == ENOENT);
  CHECK_FALSE(std::filesystem::exists(scratch / "none"));
}

TEST_CASE("a link in the standard folder's place is refused") {
  const ScratchFolder target;
  const uid_t other = nobody_else();
  const std::string socket = *choose_socket(std::nullopt, other);
  const std::string folder = std::filesystem::path(socket).parent_path();
  REQUIRE(::symlink(target.path().c_str(), folder.c_str()) == 0);
  const auto result = prepare_socket_folder(socket, other);
  ::unlink(folder.c_str());
  CHECK(contains(refusal(result), "symbolic link"));
}

TEST_CASE("a socket folder must be a folder of ours that others cannot change") {
  const ScratchFolder scratch;
  const uid_t me = ::geteuid();
  const std::string folder = scratch / "folder";
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  CHECK(refusal(prepare_socket_folder(folder + "/s", me)).empty());
  ::chmod(folder.c_str(), 0755);
  CHECK(refusal(prepare_socket_folder(folder + "/s", me)).empty());
  for (const mode_t mode : {0770, 0707, 0777, 0720, 0702}) {
    INFO(mode);
    ::chmod(folder.c_str(), mode);
    CHECK(contains(refusal(prepare_socket_folder(folder + "/s", me)), "others can write"));
  }
  ::chmod(folder.c_str(), 01777);  // as /tmp
  CHECK(refusal(prepare_socket_folder(folder + "/s", me)).empty());
  ::chmod(folder.c_str(), 0700);

  const std::string link = scratch / "link";
  REQUIRE(::symlink(folder.c_str(), link.c_str()) == 0);
  CHECK(contains(refusal(prepare_socket_folder(link + "/s", me)), "symbolic link"));
  std::ofstream(scratch / "file") << "x";
  CHECK(contains(refusal(prepare_socket_folder(scratch / "file/s", me)), "not a folder"));
  CHECK(contains(refusal(prepare_socket_folder(scratch / "none/s", me)), "none"));
}

TEST_CASE("a socket folder of another user is refused") {
  const ScratchFolder scratch;
  if (::geteuid() == 0) {
    REQUIRE(::chown(scratch.path().c_str(), nobody_else(), static_cast<gid_t>(-1)) == 0);
    CHECK(contains(refusal(prepare_socket_folder(scratch / "s", 0)), "belongs to another user"));
  } else {
    CHECK(contains(refusal(prepare_socket_folder(scratch / "s", nobody_else())),
                   "belongs to another user"));
  }
}
