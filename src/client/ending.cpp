#include "client/ending.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/exit_status.hpp"
#include "client/say.hpp"

namespace reduce {

int say_not_executed(const char* name, int error) {
  const std::string shown = *name != '\0' ? name : "''";
  say("cannot run " + shown + ": " + std::strerror(error));
  return error == ENOENT ? kExitNotFound : kExitCannotExecute;
}

void end_by_signal(int signal) {
  // core(5): the limit is not heeded where core dumps go to a program.
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::raise(signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  // Still here: the signal does not end a process, or not this one (process 1 of a namespace).
  ::_exit(kExitSignalBase + signal);
}

void end_as(const Outcome& outcome, const char* name) {
  if (const auto* exited = std::get_if<Exited>(&outcome)) ::_exit(exited->code);
  if (const auto* signaled = std::get_if<Signaled>(&outcome)) end_by_signal(signaled->signal);
  if (const auto* late = std::get_if<TimedOut>(&outcome)) {
    ::_exit(late->killed ? kExitSignalBase + SIGKILL : kExitTimeout);
  }
  if (const auto* missed = std::get_if<NotExecuted>(&outcome)) {
    ::_exit(say_not_executed(name, missed->error));
  }
  say(std::get<Broken>(outcome).reason);
  ::_exit(kExitOwnFailure);
}

}  // namespace reduce
