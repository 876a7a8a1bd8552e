#include "command/program_search.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/unique_fd.hpp"
#include "command/shim.hpp"
#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

Strings search(std::string_view name, const Strings& environment) {
  const std::string bytes = pack(environment);
  return program_candidates(name, search_path(PackedStrings(bytes)));
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

namespace {

void put_file(const std::string& path, const std::string& text, int mode = 0755) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
  REQUIRE(::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0);
}

const std::string kShim = std::string(kShimHead) + "1\nexec x\n";

}  // namespace

TEST_CASE("shims are passed over, and what is behind the first comes first") {
  const ScratchFolder folder;
  put_file(folder / "a/cc", kShim);
  put_file(folder / "b/cc", kShim);
  put_file(folder / "c/cc", "#!/bin/sh\n");
  put_file(folder / "d/cc", "#!/bin/sh\n");
  const std::string a = folder / "a", b = folder / "b", c = folder / "c", d = folder / "d";
  const std::string is_c = c + "/cc", is_d = d + "/cc";
  const auto real = [](const std::string& path) { return real_candidates("cc", path, AT_FDCWD); };
  CHECK(real(a + ":" + b + ":" + c) == Strings{is_c});
  CHECK(real(a + ":" + a + "/:" + c + ":" + a) == Strings{is_c});
  CHECK(real(a + ":" + c + ":" + b + ":" + d) == Strings{is_c, is_d});
  CHECK(real(c + ":" + a + ":" + d) == Strings{is_d, is_c});
  CHECK(real(c + ":" + a) == Strings{is_c});
  CHECK(real(c + ":" + d) == Strings{is_c, is_d});
  CHECK(real(a + ":" + b).empty());
  CHECK(real_candidates(a + "/cc", c, AT_FDCWD) == Strings{a + "/cc"});
}

TEST_CASE("what cannot be executed hides no program behind it, and no shim") {
  const ScratchFolder folder;
  put_file(folder / "a/cc", "#!/bin/sh\n", 0644);
  std::filesystem::create_directories(folder / "b/cc");
  put_file(folder / "c/cc", kShim);
  REQUIRE(std::filesystem::create_directories(folder / "d"));
  REQUIRE(::mkfifo((folder / "d/cc").c_str(), 0777) == 0);
  const std::string path = (folder / "a") + ":" + (folder / "b") + ":" + (folder / "nothing") +
                           ":" + (folder / "d") + ":" + (folder / "c");
  const auto found = real_candidates("cc", path, AT_FDCWD);
  CHECK(found == Strings{folder / "a/cc", folder / "b/cc", folder / "d/cc"});
}

TEST_CASE("relative folders begin where the command will run") {
  const ScratchFolder folder;
  put_file(folder / "bin/cc", kShim);
  const UniqueFd there(::open(folder.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  put_file(folder / "real/cc", "#!/bin/sh\n");
  const std::string real = folder / "real";
  CHECK(real_candidates("cc", "bin:" + real, there.get()) == Strings{real + "/cc"});
  CHECK(real_candidates("cc", "bin:" + real, AT_FDCWD) == Strings{real + "/cc"});
  CHECK(real_candidates("cc", "bin:real", there.get()) == Strings{"real/cc"});
  const UniqueFd bin(::open((folder / "bin").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  CHECK(real_candidates("cc", ":" + real, bin.get()) == Strings{real + "/cc"});
}

TEST_CASE("a shim is known by its first two lines alone") {
  const ScratchFolder folder;
  const auto kind_of = [&](const std::string& text) {
    put_file(folder / "x", text);
    return kind_of_file(AT_FDCWD, (folder / "x").c_str());
  };
  CHECK(kind_of(kShim) == FileKind::shim);
  CHECK(kind_of(std::string(kShimHead)) == FileKind::shim);
  CHECK(kind_of(std::string(kShimHead.substr(0, kShimHead.size() - 1))) == FileKind::program);
  CHECK(kind_of("#!/bin/sh\n\n# reduce-run shim 1\n") == FileKind::program);
  CHECK(kind_of("") == FileKind::program);
  put_file(folder / "real", kShim);
  REQUIRE(::symlink("real", (folder / "link").c_str()) == 0);
  CHECK(kind_of_file(AT_FDCWD, (folder / "link").c_str()) == FileKind::shim);
}
