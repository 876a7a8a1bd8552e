#include "client/whole_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/scratch.hpp"

using reduce::WholeFile;
using reduce::test::ScratchFolder;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

auto files_in(const ScratchFolder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

}  // namespace

TEST_CASE("A file gets its name once all is written") {
  const ScratchFolder folder;
  const std::string path = folder / "file";
  auto file = WholeFile::open(path);
  REQUIRE(file.has_value());
  const std::string large(600'000, 'x');
  file->write(large);
  file->write("end");
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(file->finish().has_value());
  CHECK(text_of(path) == large + "end");
  const mode_t mask = ::umask(0);
  ::umask(mask);
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == (0666U & ~mask));
  CHECK(files_in(folder) == 1);
}

TEST_CASE("A file that is not finished leaves what was there before") {
  const ScratchFolder folder;
  const std::string path = folder / "file";
  std::ofstream(path) << "before";
  {
    auto file = WholeFile::open(path);
    REQUIRE(file.has_value());
    file->write("after");
  }
  CHECK(text_of(path) == "before");
  CHECK(files_in(folder) == 1);
}

TEST_CASE("A device stays a device") {
  auto file = WholeFile::open("/dev/null");
  REQUIRE(file.has_value());
  file->write("x");
  CHECK(file->finish().has_value());
  CHECK(std::filesystem::is_character_file("/dev/null"));
  auto full = WholeFile::open("/dev/full");
  REQUIRE(full.has_value());
  full->write("x");
  CHECK_FALSE(full->finish().has_value());
  CHECK(std::filesystem::is_character_file("/dev/full"));
  CHECK_FALSE(WholeFile::open("/no/such/folder/file").has_value());
}
