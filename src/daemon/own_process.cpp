#include "daemon/own_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/standard_descriptors.hpp"

namespace reduce {
namespace {

/// An ignored signal stays ignored over exec, in every process that this one starts.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  // Whoever writes sees to it that writing fails.
  for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_IGN);
}

/// Soft limits are meant for the one that started this process. Those of the stack and of core
/// dumps are left: they are no bounds on what it can do for others.
void raise_soft_limits() {
  for (const auto resource : {RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_MEMLOCK,
                              RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_SIGPENDING}) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(resource, &limit);
  }
}

}  // namespace

Result<UniqueFd> prepare_own_process() {
  if (auto filled = fill_standard_descriptors(O_RDWR); !filled) return filled.error();
  reset_signals();
  raise_soft_limits();
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  if (::sigprocmask(SIG_SETMASK, &ending, nullptr) != 0) return system_error("sigprocmask");
  UniqueFd signals(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return system_error("cannot watch for signals");
  if (::chdir("/") != 0) return system_error("cannot change to /");
  return signals;
}

}  // namespace reduce
