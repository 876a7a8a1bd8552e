#include "client/start_daemon.hpp"

#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/exit_status.hpp"
#include "base/lock_file.hpp"
#include "client/service_start.hpp"

namespace reduce {
namespace {

/// How long starting may take before the command is run without a daemon.
constexpr auto kPatience = std::chrono::seconds(10);
/// The same where another client starts one, which may try two ways.
constexpr auto kPatienceWithOthers = std::chrono::seconds(20);
/// Between two looks whether it is done: there is no descriptor to wait for. They become longer.
constexpr auto kShortestPause = std::chrono::milliseconds(2), kLongestPause = kShortestPause * 32;
constexpr int kMostSpawns = 3;
constexpr const char* kIdleExit = "1h";
/// Where the daemon finds the pipe in which it says that it serves, or why not.
constexpr int kReadyFd = 3;

/// What a daemon may know of the one that started it: nothing that is a matter of that command.
std::vector<char*> daemon_environment() {
  constexpr std::string_view kept[] = {
      "HOME=",   "USER=",           "LOGNAME=",      "PATH=",         "LANG=",
      "LC_ALL=", "XDG_STATE_HOME=", "ASAN_OPTIONS=", "UBSAN_OPTIONS="};
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    for (const std::string_view prefix : kept) {
      if (std::string_view(*variable).starts_with(prefix)) environment.push_back(*variable);
    }
  }
  environment.push_back(nullptr);
  return environment;
}

/// In the new process: says why it does not become a daemon.
[[noreturn]] void give_up(const Error& why) {
  const ssize_t ignored = ::write(kReadyFd, why.text.data(), why.text.size());
  static_cast<void>(ignored);
  ::_exit(kExitOwnFailure);
}

/// The ready pipe where the daemon finds it, nothing in the standard streams, and no more. It takes
/// no descriptor beyond these, however few there may be.
void let_go_of_descriptors(int ready_pipe) {
  if (::dup2(ready_pipe, kReadyFd) < 0) ::_exit(kExitOwnFailure);
  ::fcntl(kReadyFd, F_SETFD, 0);
  if (::close_range(kReadyFd + 1, ~0U, 0) != 0) give_up(system_error("cannot close descriptors"));
  for (int stream = 0; stream < kReadyFd; ++stream) ::close(stream);
  for (int stream = 0; stream < kReadyFd; ++stream) {
    if (::open("/dev/null", O_RDWR) != stream) give_up(system_error("cannot open /dev/null"));
  }
}

/// In the new process: lets go of everything of the starter's, and becomes the daemon.
[[noreturn]] void become_daemon(const std::string& program, const std::string& socket,
                                int ready_pipe, std::vector<char*>& environment) {
  let_go_of_descriptors(ready_pipe);
  ::setsid();
  // A second fork: the daemon is no session leader and no child of the starter.
  const pid_t daemon = ::fork();
  if (daemon < 0) give_up(system_error("cannot fork"));
  if (daemon > 0) ::_exit(0);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(077);
  if (::chdir("/") != 0) give_up(system_error("cannot change to /"));
  const std::string ready_option = "--ready-fd=" + std::to_string(kReadyFd);
  const std::string socket_option = "--socket=" + socket;
  const std::string idle_option = std::string("--idle-exit=") + kIdleExit;
  const char* words[] = {"reduced", socket_option.c_str(), ready_option.c_str(),
                         idle_option.c_str(), nullptr};
  ::execvpe(program.c_str(), const_cast<char**>(words), environment.data());
  give_up(system_error("cannot run " + program));
}

/// Reads what the daemon says: an empty line where one serves, else why not. False where it ended
/// without a word.
Result<bool> wait_until_ready(int ready_pipe, Patience& patience) {
  const auto limit = Patience::Clock::now() + kPatience;
  std::string said;
  std::array<char, 512> buffer;
  while (said != "\n") {
    if (!patience.wait(ready_pipe, POLLIN, limit)) {
      return make_error("reduced did not get ready in time");
    }
    const ssize_t got = ::read(ready_pipe, buffer.data(), buffer.size());
    if (got < 0) return system_error("cannot read what reduced says");
    if (got == 0 && said.empty()) return false;
    if (got == 0) return make_error(said);
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return true;
}

/// Starts one and waits for its word, as wait_until_ready().
Result<bool> spawn_daemon(const std::string& socket, Patience& patience) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot create a pipe");
  UniqueFd reader(ends[0]), writer(ends[1]);
  const std::string program = daemon_program();
  std::vector<char*> environment = daemon_environment();
  const pid_t pid = ::fork();
  if (pid < 0) return system_error("cannot fork");
  if (pid == 0) become_daemon(program, socket, writer.get(), environment);
  writer.reset();
  ::waitpid(pid, nullptr, 0);
  return wait_until_ready(reader.get(), patience);
}

/// Waits while another client holds the lock of those who start a daemon.
Result<void> wait_for_other(int lock, Patience& patience) {
  const auto limit = Patience::Clock::now() + kPatienceWithOthers;
  for (auto pause = kShortestPause; is_locked(lock, LockPart::start);
       pause = std::min(2 * pause, kLongestPause)) {
    patience.wait(-1, 0, Patience::Clock::now() + pause);
    if (patience.has_ended() || Patience::Clock::now() >= limit) {
      return make_error("another reduce-run did not get a daemon started in time");
    }
  }
  return {};
}

}  // namespace

std::string daemon_program() {
  char own[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", own, sizeof own);
  if (length > 0) {
    std::string beside(own, static_cast<std::size_t>(length));
    beside.replace(beside.rfind('/') + 1, std::string::npos, "reduced");
    if (::access(beside.c_str(), X_OK) == 0) return beside;
  }
  return "reduced";
}

Result<void> start_daemon(const SocketFolder& folder, Patience& patience) {
  const std::string& socket = folder.socket();
  const auto lock = open_lock_file(folder);
  if (!lock) return lock.error();
  if (!take_lock(lock->get(), LockPart::start)) return wait_for_other(lock->get(), patience);
  // Since the attempt that failed, another client may have started one.
  if (patience.connect(socket) || start_by_service_manager(socket, patience)) return {};
  if (patience.has_ended()) return make_error("it was not waited for");
  // One that ends without a word may have been killed; more of them hardly.
  for (int attempt = 0; attempt < kMostSpawns; ++attempt) {
    const auto serves = spawn_daemon(socket, patience);
    if (!serves) return serves.error();
    if (*serves) return {};
  }
  return make_error("reduced ended at once");
}

}  // namespace reduce
