// fuzz_replay TARGET FOLDER: runs a target over the files of a folder. It ends by SIGABRT where one
// is a finding, whose name is then the last one on stderr.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "target.hpp"

namespace reduce::fuzz {
namespace {

using Run = void (*)(std::string_view);

std::map<std::string, Run>& targets() {
  static std::map<std::string, Run> all;
  return all;
}

/// On the heap in a block of its own size, so that a sanitizer sees a read past the end.
std::vector<char> content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> read{std::istreambuf_iterator<char>(file), {}};
  return {read.begin(), read.end()};
}

int replay(const char* target, const char* folder) {
  const auto found = targets().find(target);
  if (found == targets().end()) {
    std::fprintf(stderr, "fuzz_replay: no target %s\n", target);
    return 2;
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::fprintf(stderr, "%s\n", entry.path().c_str());
    const std::vector<char> bytes = content_of(entry.path());
    found->second({bytes.data(), bytes.size()});
    ++files;
  }
  std::printf("%s: %d files\n", target, files);
  return files > 0 ? 0 : 2;
}

}  // namespace

Registration::Registration(const char* name, void (*run)(std::string_view)) {
  targets().emplace(name, run);
}

}  // namespace reduce::fuzz

int main(int argc, char** argv) {
  if (argc == 3) return reduce::fuzz::replay(argv[1], argv[2]);
  std::fprintf(stderr, "usage: fuzz_replay TARGET FOLDER\n");
  return 2;
}
