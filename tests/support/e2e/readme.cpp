#include "support/e2e/readme.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/shipped.hpp"

namespace e2e {

std::string Block::text() const {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<Block> readme_blocks() {
  std::ifstream file(shipped_path("README.md"));
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

Block readme_block(const std::string& part) {
  for (const Block& block : readme_blocks()) {
    if (block.text().find(part) != std::string::npos) return block;
  }
  FAIL("the README has no line with: " << part);
  return {};
}

std::string readme_line(const std::string& part) {
  for (const std::string& line : readme_block(part).lines) {
    if (line.find(part) != std::string::npos) return line;
  }
  return {};
}

Household::Household() {
  for (const char* folder : {"bin", "project", "srv/app", "src/app"}) {
    std::filesystem::create_directories(box_.path(folder));
  }
  for (const char* name : {"make", "npm", "git", "terraform", "eslint", "fetch-rates",
                           "make-report", "check-limits"}) {
    add_program(std::string("bin/") + name);
  }
  for (const char* name : {"report.sh", "load", "deploy", "fetch-toolchain"}) {
    add_program(std::string("project/") + name);
  }
  box_.write("project/big", "b\na\n");
  box_.write("project/.tool-version", "7.1\n");
}

void Household::add_program(const std::string& path) const {
  box_.write(path,
             "#!/bin/sh\n"
             "echo \"${0##*/} $*\" >> " +
                 box_.path("ran") +
                 "\n"
                 "[ ! -e " +
                 box_.path("hold") +
                 " ] ||\n"
                 "  while [ ! -e " +
                 box_.path("gate") +
                 " ]; do sleep 0.02; done\n"
                 "echo \"output of ${0##*/}\"\n",
             0755);
}

Spawn Household::shell(const std::string& text) const {
  const std::string programs =
      std::filesystem::path(Sandbox::program("reduce-run")).parent_path().string();
  Spawn spawn = box_.direct({"/bin/bash", "-c", text});
  spawn.set("PATH", box_.path("bin") + ":" + programs + ":/usr/bin:/bin");
  spawn.cwd = box_.path("project");
  return spawn;
}

std::size_t Household::runs_of(const std::string& words) const {
  if (!box_.exists("ran")) return 0;
  std::istringstream lines(box_.read("ran"));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) count += line == words ? 1 : 0;
  return count;
}

}  // namespace e2e
