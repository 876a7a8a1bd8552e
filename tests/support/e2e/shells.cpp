#include "support/e2e/shells.hpp"

#include <unistd.h>

#include <filesystem>

#include "support/catch.hpp"

namespace e2e {

std::string installed_shell(const std::string& name) {
  for (const char* folder : {"/usr/bin/", "/bin/", "/usr/local/bin/"}) {
    if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  WARN(name << " is not installed: not tested with it");
  return {};
}

bool can_be_gone() {
  if (::access("/usr/bin/reduce-run", F_OK) != 0) return true;
  WARN("reduce-run is installed: not tested without it");
  return false;
}

Spawn script(const Sandbox& box, const std::string& shell, const std::string& text,
             const Words& arguments) {
  Words words = {installed_shell(shell)};
  if (shell == "bash") words = with(words, {"--norc", "--noprofile", "-c", text, "bash"});
  if (shell == "zsh") words = with(words, {"-f", "-c", text, "zsh"});
  if (shell == "fish") words = with(words, {"--no-config", "-c", text});
  return box.direct(with(words, arguments));
}

std::string make_programs(const Sandbox& box, const std::string& folder, const Words& names) {
  std::filesystem::create_directories(box.path(folder));
  for (const std::string& name : names) {
    REQUIRE(::symlink(REDUCE_TEST_PUPPET, box.path(folder + "/" + name).c_str()) == 0);
  }
  return box.path(folder);
}

void add_reduce_run(const Sandbox& box, const std::string& folder) {
  const std::string link = box.path(folder + "/reduce-run");
  REQUIRE(::symlink(Sandbox::program("reduce-run").c_str(), link.c_str()) == 0);
}

}  // namespace e2e
