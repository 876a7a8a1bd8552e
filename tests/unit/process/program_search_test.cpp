#include "process/program_search.hpp"

#include "support/catch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

Strings search(std::string_view name, const Strings& environment) {
  const std::string bytes = pack(environment);
  return program_candidates(name, PackedStrings(bytes));
}

}  // namespace

TEST_CASE("a program is looked for in each folder of PATH in order") {
  CHECK(search("cc", {"PATH=/usr/bin:/bin"}) == Strings{"/usr/bin/cc", "/bin/cc"});
  CHECK(search("cc", {"A=1", "PATH=/opt/a b", "B=2"}) == Strings{"/opt/a b/cc"});
  CHECK(search("cc", {"PATH=bin:../x"}) == Strings{"bin/cc", "../x/cc"});
}

TEST_CASE("an empty element of PATH is the current folder") {
  CHECK(search("cc", {"PATH=:/bin"}) == Strings{"cc", "/bin/cc"});
  CHECK(search("cc", {"PATH=/bin:"}) == Strings{"/bin/cc", "cc"});
  CHECK(search("cc", {"PATH=/a::/b"}) == Strings{"/a/cc", "cc", "/b/cc"});
  CHECK(search("cc", {"PATH="}) == Strings{"cc"});
  CHECK(search("cc", {"PATH=:"}) == Strings{"cc", "cc"});
}

TEST_CASE("without PATH the system's own is searched") {
  const Strings standard{"/bin/cc", "/usr/bin/cc"};
  CHECK(search("cc", {}) == standard);
  CHECK(search("cc", {"XPATH=/x", "PATH", "PATHS=/y", "path=/z"}) == standard);
}

TEST_CASE("the first PATH of several counts") {
  CHECK(search("cc", {"PATH=/a", "PATH=/b"}) == Strings{"/a/cc"});
}

TEST_CASE("a name with a slash stands for itself") {
  for (const char* name : {"/bin/cc", "./cc", "x/cc", "cc/", "/"}) {
    INFO(name);
    CHECK(search(name, {"PATH=/usr/bin"}) == Strings{name});
  }
}

TEST_CASE("an empty name is looked for nowhere") {
  CHECK(search("", {"PATH=/usr/bin:/bin"}) == Strings{""});
  CHECK(search("", {}) == Strings{""});
}

TEST_CASE("names that are dots or odd bytes are searched like others") {
  CHECK(search("..", {"PATH=/a"}) == Strings{"/a/.."});
  CHECK(search("\xff c", {"PATH=/a:/\xfe"}) == Strings{"/a/\xff c", "/\xfe/\xff c"});
}
