#include "base/statistics_path.hpp"

#include <cstdlib>

#include "support/catch.hpp"

using namespace reduce;

TEST_CASE("each socket has a file of its own, where the environment says") {
  ::setenv("XDG_STATE_HOME", "/state", 1);
  ::setenv("HOME", "/home/me", 1);
  const std::string path = statistics_path("/run/a.sock");
  CHECK(path.starts_with("/state/reduce/"));
  CHECK(path.find('/', sizeof "/state/reduce/") == std::string::npos);
  CHECK(path != statistics_path("/run/b.sock"));
  CHECK(statistics_path("/a/b") != statistics_path("/a%2Fb"));
  ::setenv("XDG_STATE_HOME", "relative", 1);
  CHECK(statistics_path("/run/a.sock").starts_with("/home/me/.local/state/reduce/"));
  ::unsetenv("XDG_STATE_HOME");
  CHECK(statistics_path("/run/a.sock").starts_with("/home/me/.local/state/reduce/"));
  ::unsetenv("HOME");
  CHECK(statistics_path("/run/a.sock").empty());
}
