#include "client/direct.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/exit_status.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "client/ending.hpp"

namespace reduce {
namespace {

volatile pid_t child = 0;

/// What came from the terminal has reached the child too (signal(7): SI_KERNEL).
void pass_on(int signal, siginfo_t* info, void*) {
  if (info->si_code != SI_KERNEL) ::kill(child, signal);
}

}  // namespace

int run_direct(char** words) {
  ::execvp(words[0], words);
  return say_not_executed(words[0], errno);
}

Outcome run_and_wait(char** words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Broken{system_error("cannot create a pipe").text};
  UniqueFd reader(ends[0]), writer(ends[1]);
  child = ::fork();
  if (child < 0) return Broken{system_error("cannot fork").text};
  if (child == 0) {
    ::execvp(words[0], words);
    const int error = errno;
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
