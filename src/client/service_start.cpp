#include "client/service_start.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "base/socket_path.hpp"

namespace reduce {
namespace {

constexpr auto kPatience = std::chrono::seconds(5);

/// systemctl(1) finds the manager by XDG_RUNTIME_DIR, which cron jobs for one do not have.
std::vector<std::string> environment_with(const std::string& runtime_folder) {
  std::vector<std::string> variables{"XDG_RUNTIME_DIR=" + runtime_folder};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!text.starts_with("XDG_RUNTIME_DIR=")) variables.push_back(text);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  for (std::string& text : strings) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Silent, and with signals as in a new process.
std::optional<pid_t> spawn_quietly(std::vector<std::string> words,
                                   std::vector<std::string> variables) {
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  for (int stream = 0; stream < 3; ++stream) {
    posix_spawn_file_actions_addopen(&streams, stream, "/dev/null", O_RDWR, 0);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int fault = posix_spawnp(&pid, words.front().c_str(), &streams, &attributes,
                                 pointers(words).data(), pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&streams);
  if (fault != 0) return std::nullopt;
  return pid;
}

/// `systemctl --user VERB reduced.service`, for the daemon of the standard socket. False where no
/// manager answers in time, or it fails.
bool ask_service_manager(const std::string& verb, const std::string& socket, Patience& patience) {
  const uid_t uid = ::geteuid();
  const std::string runtime_folder = "/run/user/" + std::to_string(uid);
  const auto standard = choose_socket(std::nullopt, uid);
  // The unit's socket is in the runtime folder.
  if (!standard || *standard != socket || !socket.starts_with(runtime_folder + "/")) return false;
  if (::access((runtime_folder + "/systemd/private").c_str(), F_OK) != 0) return false;
  const auto pid = spawn_quietly({"systemctl", "--user", "--quiet", verb, "reduced.service"},
                                 environment_with(runtime_folder));
  if (!pid) return false;
  const UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  const bool has_ended =
      end && patience.wait(end.get(), POLLIN, Patience::Clock::now() + kPatience);
  if (!has_ended) ::kill(*pid, SIGKILL);
  int status = 0;
  const bool is_known = ::waitpid(*pid, &status, 0) == *pid;
  return has_ended && is_known && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

bool start_by_service_manager(const std::string& socket, Patience& patience) {
  return ask_service_manager("start", socket, patience);
}

bool service_manager_knows(const std::string& socket, Patience& patience) {
  return ask_service_manager("cat", socket, patience);
}

}  // namespace reduce
