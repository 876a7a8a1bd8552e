#include "client/direct.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "base/exit_status.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "client/ending.hpp"
#include "command/program_search.hpp"

namespace reduce {
namespace {

volatile pid_t child = 0;

/// Whether the search for a program goes on where one could not be executed, exec(3).
bool goes_on_after(int error) {
  return error == EACCES || error == ENOENT || error == ENOTDIR || error == ENODEV ||
         error == ESTALE || error == ETIMEDOUT;
}

/// As execvp(3), but past shims, which would only come back here. Returns errno.
int execute(char** words) {
  const std::string_view name = words[0];
  if (name.empty() || name.find('/') != std::string_view::npos) {
    ::execvp(words[0], words);
    return errno;
  }
  int error = ENOENT;
  for (std::string program : real_candidates(name, own_search_path(), AT_FDCWD)) {
    // In the current folder, by an empty element of PATH: it is not to be searched for again.
    if (program == name) program.insert(0, "./");
    ::execvp(program.c_str(), words);
    if (!goes_on_after(errno)) return errno;
    if (errno == EACCES) error = EACCES;
  }
  return error;
}

/// What came from the terminal has reached the child too (signal(7): SI_KERNEL).
void pass_on(int signal, siginfo_t* info, void*) {
  if (info->si_code != SI_KERNEL) ::kill(child, signal);
}

}  // namespace

int run_direct(char** words) {
  return say_not_executed(words[0], execute(words));
}

Outcome run_and_wait(char** words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Broken{system_error("cannot create a pipe").text};
  UniqueFd reader(ends[0]), writer(ends[1]);
  child = ::fork();
  if (child < 0) return Broken{system_error("cannot fork").text};
  if (child == 0) {
    const int error = execute(words);
    const ssize_t ignored = ::write(writer.get(), &error, sizeof error);
    static_cast<void>(ignored);
    ::_exit(kExitNotFound);
  }
  writer.reset();
  struct sigaction passing {};
  passing.sa_sigaction = pass_on;
  passing.sa_flags = SA_SIGINFO | SA_RESTART;
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(number, &passing, &before);
    if (before.sa_handler == SIG_IGN) ::signal(number, SIG_IGN);
  }
  int error = 0;
  const ssize_t got = ::read(reader.get(), &error, sizeof error);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (got == sizeof error) return NotExecuted{error};
  if (WIFSIGNALED(status)) return Signaled{WTERMSIG(status)};
  return Exited{WEXITSTATUS(status)};
}

}  // namespace reduce
