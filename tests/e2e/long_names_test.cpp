// A socket's path may have as many bytes as unix(7) allows, most of them in its name.

#include <stdlib.h>
#include <sys/un.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

/// A folder with a path so short that names can be long.
class ShortFolder {
 public:
  ShortFolder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
  ShortFolder(const ShortFolder&) = delete;
  ~ShortFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string socket_of_length(std::size_t length) const {
    return path_ + "/" + std::string(length - path_.size() - 1, 's');
  }
  Words names() const {
    Words names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

 private:
  std::string path_ = "/tmp/XXXXXX";
};

}  // namespace

TEST_CASE("Sockets with long paths are served, and removed at the end") {
  const ShortFolder folder;
  Sandbox box;
  const std::size_t length = kLongestPath - GENERATE(23, 17, 7, 1, 0);
  INFO(length << " bytes");
  const std::string socket = folder.socket_of_length(length);
  Started daemon(box.direct({Sandbox::program("reduced"), "--socket", socket}));
  const Words call = {"--socket", socket, "--no-start", "--require-daemon", "echo", "hi"};
  CHECK(eventually([&] { return box.run(call) == exited(0, "hi\n") || !daemon.is_running(); }));
  CHECK(box.run(call) == exited(0, "hi\n"));
  CHECK(box.run({"--socket", socket, "--stop"}).code == 0);
  CHECK(daemon.finish() == exited(0));
  CHECK(folder.names() == Words{std::filesystem::path(socket + ".lock").filename()});
}

TEST_CASE("A socket with the longest path gets a daemon by a call, and another in its place") {
  const ShortFolder folder;
  Sandbox box;
  const std::string socket = folder.socket_of_length(kLongestPath);
  const Words call = {"--socket", socket, "--require-daemon", "echo", "hi"};
  CHECK(box.run(call) == exited(0, "hi\n"));
  Started next(box.direct({Sandbox::program("reduced"), "--socket", socket, "--replace"}));
  CHECK(eventually([&] { return box.daemons() == std::vector<pid_t>{next.pid()}; }));
  CHECK(box.run(call) == exited(0, "hi\n"));
  next.signal(SIGTERM);
  CHECK(next.finish() == exited(0));
}

TEST_CASE("Two sockets of one folder, with long names that differ at the end") {
  const ShortFolder folder;
  Sandbox box;
  const std::string one = folder.socket_of_length(kLongestPath - 1) + "1";
  const std::string other = folder.socket_of_length(kLongestPath - 1) + "2";
  Started first(box.start({"--socket", one, "--require-daemon", "echo", "1"}));
  Started second(box.start({"--socket", other, "--require-daemon", "echo", "2"}));
  CHECK(first.finish() == exited(0, "1\n"));
  CHECK(second.finish() == exited(0, "2\n"));
  CHECK(box.daemons().size() == 2);
}
