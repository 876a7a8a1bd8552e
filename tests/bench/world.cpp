#include "world.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "daemon.hpp"
#include "measure/proc.hpp"
#include "measure/trouble.hpp"

namespace bench {
namespace {

/// Where the daemon keeps its spool by default.
constexpr const char* kSpoolFolder = "/var/tmp";

UniqueFd open_or_fail(const std::string& path, int flags) {
  UniqueFd opened(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!opened) fail(path);
  return opened;
}

}  // namespace

World::World(std::string programs, Sizes sizes)
    : programs_(std::move(programs)), sizes_(std::move(sizes)) {
  for (const char* name : {"reduce-run", "reduced"}) {
    if (::access(ours(name).c_str(), X_OK) != 0) fail(ours(name));
  }
  folder_ = std::string(kSpoolFolder) + "/reduce-bench-XXXXXX";
  if (::mkdtemp(folder_.data()) == nullptr) fail(folder_);
  null_ = open_or_fail("/dev/null", O_RDWR);
  errors_ = open_or_fail(path("errors"), O_WRONLY | O_CREAT | O_APPEND);
}

World::~World() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Words World::environment(const std::string& socket) const {
  Words variables{"PATH=/usr/bin:/bin", "HOME=" + folder_, "TERM=xterm", "REDUCE_SOCKET=" + socket};
  for (int n = 0; variables.size() < 100; ++n) {
    variables.push_back("VARIABLE_" + std::to_string(n * 7919 % 1000) + "=" +
                        std::string(static_cast<std::size_t>(20 + n * 37 % 60), 'x'));
  }
  return variables;
}

Program World::surrounded(Words argv, const std::string& socket, const Words& more) const {
  Words variables = environment(socket);
  variables.insert(variables.end(), more.begin(), more.end());
  Program program(std::move(argv), std::move(variables));
  program.in(null()).out(null()).give(errors_descriptor(), 2);
  return program;
}

Program World::plain(Words argv, const Words& more) const {
  return surrounded(std::move(argv), path("no-daemon.sock"), more);
}

Program World::call(const Daemon& daemon, Words words, const Words& more) const {
  words.insert(words.begin(), ours("reduce-run"));
  return surrounded(std::move(words), daemon.socket(), more);
}

Words World::helper(Words words) const {
  words.insert(words.begin(), REDUCE_BENCH_HELPER);
  return words;
}

std::string World::errors() const {
  return read_file(path("errors"));
}

Trigger::Trigger(const World& world, const std::string& name) : path_(world.path(name)) {
  if (::mkfifo(path_.c_str(), 0600) != 0) fail(path_);
  // fifo(7): opened for both, it waits for nobody.
  fifo_ = open_or_fail(path_, O_RDWR);
}

Trigger::~Trigger() {
  ::unlink(path_.c_str());
}

void Trigger::release(int count) const {
  const std::string bytes(static_cast<std::size_t>(count), '.');
  if (::write(fifo_.get(), bytes.data(), bytes.size()) != count) fail(path_);
}

}  // namespace bench
