#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/socket_path.hpp"
#include "base/unique_fd.hpp"
#include "base/version.hpp"
#include "client/caught_signals.hpp"
#include "client/daemon_checks.hpp"
#include "client/found_programs.hpp"
#include "client/patience.hpp"
#include "client/service_start.hpp"
#include "client/start_daemon.hpp"

namespace reduce {
namespace {

using State = Finding::State;

/// How long a program may take to tell its version.
constexpr int kPatience = 5000;

/// Whether the service manager would start a daemon as soon as somebody connects.
bool has_enabled_unit() {
  const char* home = std::getenv("HOME");
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const std::string unit = "/systemd/user/sockets.target.wants/reduced.socket";
  std::string own = home != nullptr ? std::string(home) + "/.config" : std::string();
  if (config != nullptr && *config == '/') own = config;
  return ::access((own + unit).c_str(), F_OK) == 0 || ::access(("/etc" + unit).c_str(), F_OK) == 0;
}

/// What arrives within the time, up to the first line's end.
std::string line_from(int pipe) {
  std::string line;
  pollfd readable{pipe, POLLIN, 0};
  char byte = 0;
  while (::poll(&readable, 1, kPatience) > 0 && ::read(pipe, &byte, 1) == 1 && byte != '\n') {
    line += byte;
  }
  return line;
}

/// The first line of `PROGRAM --version`. An error where it cannot be executed.
Result<std::string> version_of(const std::string& program) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot create a pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_addopen(&streams, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&streams, writer.get(), 1);
  posix_spawn_file_actions_addopen(&streams, 2, "/dev/null", O_WRONLY, 0);
  std::string words[] = {program, "--version"};
  char* argv[] = {words[0].data(), words[1].data(), nullptr};
  pid_t pid = -1;
  const int fault = ::posix_spawn(&pid, program.c_str(), &streams, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&streams);
  if (fault != 0) return system_error(program, fault);
  writer.reset();
  std::string line = line_from(reader.get());
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return line;
}

Finding check_program(const std::string& program, const std::string& place) {
  const auto version = version_of(program);
  if (!version) {
    return {"daemon", State::bad, "none, and it cannot be started: " + version.error().text,
            "install reduced anew: until then each call runs directly"};
  }
  if (*version != version_line("reduced")) {
    return {"daemon", State::bad,
            "none, and " + program + ", " + place + ", is not reduced of version " REDUCE_VERSION,
            "install both programs anew, of one version"};
  }
  return {"daemon", State::ok, "none; the next call starts " + program + ", " + place, {}};
}

/// A signal that comes meanwhile ends this process.
bool is_known_to_manager(const std::string& socket) {
  CaughtSignals signals;
  Patience patience(signals, std::nullopt);
  const bool known = service_manager_knows(socket, patience);
  signals.release();
  if (const auto signal = patience.signal()) ::raise(*signal);
  return known;
}

}  // namespace

Finding examine_starter(const Contact& contact) {
  if (is_standard_socket(contact.socket, ::geteuid()) && has_enabled_unit()) {
    return {"daemon", State::note, "none; reduced.socket is enabled, but does not listen",
            "run `systemctl --user start reduced.socket`"};
  }
  if (is_known_to_manager(contact.socket)) {
    return {"daemon",
            State::ok,
            "none; the next call has the user's service manager start reduced.service",
            {}};
  }
  const std::string program = daemon_program();
  if (program.find('/') != std::string::npos) return check_program(program, "beside reduce-run");
  const auto found = found_programs(program);
  if (!found.empty()) return check_program(found.front().path, "found in PATH");
  return {"daemon", State::bad, "none, and no `reduced` beside reduce-run or in PATH",
          "install it: until then each call runs directly"};
}

}  // namespace reduce
