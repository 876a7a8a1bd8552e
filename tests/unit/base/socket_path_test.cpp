#include "base/socket_path.hpp"

#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;

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
