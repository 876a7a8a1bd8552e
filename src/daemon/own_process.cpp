#include "daemon/own_process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

/// Without these no command can be run for anybody. Kernels before 5.9 lack them, and a sandbox may
/// forbid them: better found out now than once a process has been started.
Result<void> check_system() {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!process) return system_error("pidfd_open(2) does not work here");
  const UniqueFd memory(::memfd_create("reduce-probe", MFD_CLOEXEC));
  if (!memory) return system_error("memfd_create(2) does not work here");
  // Of descriptors that are not there.
  if (::close_range(~0U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    return system_error("close_range(2) does not work here");
  }
  return {};
}

}  // namespace

Result<UniqueFd> prepare_own_process() {
  if (auto filled = fill_standard_descriptors(O_RDWR); !filled) return filled.error();
  reset_signals();
  raise_soft_limits();
  if (auto checked = check_system(); !checked) return checked.error();
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  if (::sigprocmask(SIG_SETMASK, &ending, nullptr) != 0) return system_error("sigprocmask");
  UniqueFd signals(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return system_error("cannot watch for signals");
  ::umask(077);
  if (::chdir("/") != 0) return system_error("cannot change to /");
  return signals;
}

}  // namespace reduce
