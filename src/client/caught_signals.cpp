#include "client/caught_signals.hpp"

#include <sys/signalfd.h>

#include <cstring>

namespace reduce {

CaughtSignals::CaughtSignals(std::initializer_list<int> more) {
  sigset_t caught;
  sigemptyset(&caught);
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) sigaddset(&caught, signal);
  for (const int signal : more) sigaddset(&caught, signal);
  ::sigprocmask(SIG_BLOCK, &caught, &before_);
  for (int signal = 1; signal < NSIG; ++signal) {
    if (sigismember(&before_, signal) == 1) sigdelset(&caught, signal);
  }
  descriptor_.reset(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
  // Unseen, they would be lost: better that they end this process.
  if (!descriptor_) release();
}

CaughtSignals::CaughtSignals(UniqueFd descriptor, std::uint64_t before)
    : descriptor_(std::move(descriptor)) {
  sigemptyset(&before_);
  std::memcpy(&before_, &before, sizeof before);
}

void CaughtSignals::hold_write_signals() {
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGPIPE);
  sigaddset(&held, SIGXFSZ);
  ::sigprocmask(SIG_BLOCK, &held, nullptr);
}

void CaughtSignals::release() {
  descriptor_.reset();
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> CaughtSignals::take() {
  signalfd_siginfo info;
  if (::read(descriptor_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  const int signal = static_cast<int>(info.ssi_signo);
  // A blocked signal is held even where it is ignored (signal(7)), as by nohup(1).
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return std::nullopt;
  return signal;
}

}  // namespace reduce
