#include "support/e2e/sandbox.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"

namespace e2e {
namespace {

/// With this much room left, a socket's path fits (unix(7)).
constexpr std::size_t kLongestFolder = 60;
/// A run that ignores SIGTERM is given 5 s before it is killed.
constexpr Milliseconds kDaemonPatience{30'000};

std::string make_folder() {
  const char* given = std::getenv("TMPDIR");
  std::string pattern = given != nullptr && *given == '/' ? given : "/tmp";
  if (pattern.size() > kLongestFolder) pattern = "/tmp";
  pattern += "/reduce-test-XXXXXX";
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

/// Descendants that still run. Zombies that are ours to reap are reaped.
std::vector<ProcessInfo> living() {
  std::vector<ProcessInfo> found;
  for (const ProcessInfo& info : descendants()) {
    if (info.is_alive()) {
      found.push_back(info);
    } else if (info.parent == ::getpid()) {
      ::waitpid(info.pid, nullptr, WNOHANG);
    }
  }
  return found;
}

/// LeakSanitizer says this, and no more, of a process that is killed while it looks.
bool is_of_killed(const std::string& report) {
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("==Unable to get registers from thread ") == line.npos) return false;
  }
  return true;
}

std::string describe(const std::vector<ProcessInfo>& processes) {
  std::string text;
  for (const ProcessInfo& info : processes) {
    text += std::to_string(info.pid) + " " + command_line(info.pid) + "\n";
  }
  return text;
}

}  // namespace

bool is_sanitized() {
  return std::getenv("REDUCE_TEST_SANITIZED") != nullptr;
}

Sandbox::Sandbox() : folder_(make_folder()) {
  // prctl(2): orphans become children of this process, so that none is lost sight of.
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
}

Sandbox::~Sandbox() {
  end_daemons();
  check_nobody_left();
  check_sanitizers();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Sandbox::end_daemons() {
  // The first signal lets runs end, the second stops them.
  for (const pid_t pid : daemons()) {
    for (const int number : {SIGCONT, SIGTERM, SIGINT}) ::kill(pid, number);
  }
  for (Started& daemon : daemons_) {
    static_cast<void>(eventually([&] { return !daemon.is_running(); }, kDaemonPatience));
  }
  daemons_.clear();
}

void Sandbox::check_nobody_left() {
  if (eventually([] { return living().empty(); }, kDaemonPatience)) return;
  const auto left = living();
  const std::string names = describe(left);
  for (const ProcessInfo& info : left) ::kill(info.pid, SIGKILL);
  static_cast<void>(eventually([] { return living().empty(); }));
  if (std::uncaught_exceptions() == 0) FAIL_CHECK("processes are left:\n" << names);
}

/// What a sanitizer found in a process whose end nobody sees.
void Sandbox::check_sanitizers() const {
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("sanitizer.")) continue;
    const std::string report = read(name);
    if (!is_of_killed(report)) FAIL_CHECK(report);
  }
}

std::string Sandbox::program(const std::string& name) {
  const char* given = std::getenv("REDUCE_TEST_BIN");
  return std::string(given != nullptr ? given : REDUCE_TEST_BIN) + "/" + name;
}

Words Sandbox::puppet(const Words& steps) const {
  return with({REDUCE_TEST_PUPPET, "log", path("runs")}, steps);
}

std::vector<pid_t> Sandbox::executed() const {
  std::vector<pid_t> pids;
  std::istringstream lines(read("runs"));
  for (pid_t pid = 0; lines >> pid;) pids.push_back(pid);
  return pids;
}

std::size_t Sandbox::executions() const {
  return executed().size();
}

Spawn Sandbox::direct(const Words& argv) const {
  Spawn spawn;
  spawn.argv = argv;
  spawn.cwd = folder_;
  spawn.env = {"PATH=/usr/bin:/bin", "HOME=" + folder_, "LANG=C", "REDUCE_SOCKET=" + socket()};
  if (!is_sanitized()) return spawn;
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS"}) {
    const char* outer = std::getenv(name);
    spawn.set(name, (outer != nullptr ? std::string(outer) + ":" : std::string()) +
                        "disable_coredump=0:log_path=" + path("sanitizer"));
  }
  return spawn;
}

Spawn Sandbox::call(const Words& words) const {
  return direct(with({program("reduce-run")}, words));
}

Started& Sandbox::start_daemon(const Words& options) {
  const Words argv = with({program("reduced"), "--socket", socket()}, options);
  Started& daemon = daemons_.emplace_back(direct(argv));
  REQUIRE(eventually([&] { return daemon_pid() == daemon.pid() || !daemon.is_running(); }));
  INFO(daemon.err());
  REQUIRE(daemon.is_running());
  return daemon;
}

std::optional<pid_t> Sandbox::daemon_pid() const {
  const reduce::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
  if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return std::nullopt;
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  REQUIRE(::getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0);
  return peer.pid;
}

std::vector<pid_t> Sandbox::daemons() const {
  std::vector<pid_t> pids;
  for (const ProcessInfo& info : descendants()) {
    if (info.is_alive() && info.name == "reduced") pids.push_back(info.pid);
  }
  return pids;
}

nlohmann::json Sandbox::ask(const std::string& question) const {
  const Result answer = run({question, "--json"});
  if (answer.code != 0) return nullptr;
  return nlohmann::json::parse(answer.out);
}

void Sandbox::await_callers(std::size_t count, Milliseconds patience) const {
  std::size_t seen = 0;
  const auto came_all = [&] {
    const auto told = stats();
    seen = told.is_null() ? 0 : told.at("callers").get<std::size_t>();
    return seen == count;
  };
  const bool came = eventually(came_all, patience);
  INFO("callers: " << seen << ", awaited: " << count);
  REQUIRE(came);
}

void Sandbox::await_file(const std::string& name) const {
  INFO("awaited: " << name);
  REQUIRE(eventually([&] { return exists(name); }));
}

void Sandbox::write(const std::string& name, const std::string& text, int mode) const {
  const reduce::UniqueFd file(
      ::open(path(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  REQUIRE(file);
  REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::string Sandbox::read(const std::string& name) const {
  return read_file(path(name));
}

bool Sandbox::exists(const std::string& name) const {
  return ::access(path(name).c_str(), F_OK) == 0;
}

}  // namespace e2e
