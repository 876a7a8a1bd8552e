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
  ::signal(SIGPIPE, SIG_IGN);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<UniqueFd> prepare_own_process() {
  if (auto filled = fill_standard_descriptors(O_RDWR); !filled) return filled.error();
  reset_signals();
  raise_descriptor_limit();
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
