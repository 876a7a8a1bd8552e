// The service manager's units, as they are shipped.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"
#include "support/e2e/shipped.hpp"

using namespace e2e;

namespace {

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(shipped_path(file)).rdbuf();
  return text.str();
}

/// The words after `KEY=`, of the only line that begins so.
Words setting(const std::string& unit, const std::string& key) {
  std::istringstream lines(unit);
  Words words;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key + "=")) continue;
    REQUIRE(words.empty());
    std::istringstream value(line.substr(key.size() + 1));
    for (std::string word; value >> word;) words.push_back(word);
  }
  REQUIRE_FALSE(words.empty());
  return words;
}

}  // namespace

TEST_CASE("The service starts the daemon, with options that it knows") {
  Sandbox box;
  const std::string service = text_of("reduced.service");
  CHECK(service.find('@') == std::string::npos);
  Words words = setting(service, "ExecStart");
  CHECK(words.front().starts_with("/"));
  CHECK(words.front().ends_with("/reduced"));
  // As it was built, it is not there yet.
  if (std::getenv("REDUCE_TEST_SHARE") != nullptr) {
    CHECK(words.front() == Sandbox::program("reduced"));
    CHECK(::access(words.front().c_str(), X_OK) == 0);
  }
  words.erase(words.begin());
  box.start_daemon(words);
  CHECK(box.run({"--require-daemon", "--no-start", "echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("The socket is the standard one, which callers look for") {
  CHECK(setting(text_of("reduced.socket"), "ListenStream") == Words{"%t/reduce/v1.sock"});
  CHECK(setting(text_of("reduced.socket"), "SocketMode") == Words{"0600"});
  CHECK(setting(text_of("reduced.socket"), "DirectoryMode") == Words{"0700"});
}

TEST_CASE("systemd finds nothing wrong with the units") {
  if (::access("/usr/bin/systemd-analyze", X_OK) != 0) {
    WARN("systemd-analyze is not installed");
    return;
  }
  Sandbox box;
  std::string service = text_of("reduced.service");
  const std::string program = setting(service, "ExecStart").front();
  service.replace(service.find(program), program.size(), Sandbox::program("reduced"));
  // Manual pages are looked up where this machine has them.
  for (std::string text : {service, text_of("reduced.socket")}) {
    const auto page = text.find("Documentation=");
    text.erase(page, text.find('\n', page) + 1 - page);
    box.write(text.find("[Socket]") != std::string::npos ? "reduced.socket" : "reduced.service",
              text);
  }
  Spawn spawn = box.direct({"/usr/bin/systemd-analyze", "--user", "verify",
                            box.path("reduced.service"), box.path("reduced.socket")});
  CHECK(Started(spawn.set("XDG_RUNTIME_DIR", box.folder())).finish() == exited(0));
}
