#include "measure/syscall_counter.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "measure/trouble.hpp"

namespace bench {
namespace {

/// How long the traced process may still have work after the last call.
constexpr double kRest = 0.05;
constexpr long kOptions = PTRACE_O_TRACESYSGOOD;
constexpr int kSyscallStop = SIGTRAP | 0x80;

void require_trace(long result) {
  if (result >= 0) return;
  throw Impossible(std::string("ptrace is not permitted: ") + std::strerror(errno));
}

int wait_for(pid_t& pid) {
  int status = 0;
  pid_t found = 0;
  while ((found = ::waitpid(pid, &status, __WALL)) < 0) {
    if (errno != EINTR) fail("waitpid");
    check_interrupted();
  }
  pid = found;
  return status;
}

/// Deals with a stop and lets the process go on to the next one.
void go_on(pid_t pid, int status, SyscallCounts& counts) {
  int signal = WSTOPSIG(status);
  if (signal == kSyscallStop) {
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) ++counts[static_cast<long>(info.entry.nr)];
    signal = 0;
  } else if (status >> 16 != 0 || signal == SIGTRAP) {
    signal = 0;
  }
  ::ptrace(PTRACE_SYSCALL, pid, nullptr, static_cast<long>(signal));
}

pid_t start_traced(const Program& program) {
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return pid;
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(99);
  for (const auto& [descriptor, number] : program.descriptors()) ::dup2(descriptor, number);
  ::execve(program.argv()[0], program.argv(), program.environment());
  ::_exit(98);
}

/// A process that runs the program so many times.
pid_t start_worker(const Program& program, int times) {
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return pid;
  try {
    for (int n = 0; n < times; ++n) program.run();
    pause(kRest);
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

/// Whatever it stops for first ends the tracing; a signal is passed on.
void detach(pid_t pid) {
  ::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
  const int status = wait_for(pid);
  const int signal = WSTOPSIG(status);
  const bool is_signal = status >> 16 == 0 && signal != kSyscallStop && signal != SIGTRAP;
  ::ptrace(PTRACE_DETACH, pid, nullptr, static_cast<long>(is_signal ? signal : 0));
}

}  // namespace

SyscallCounts count_of_program(const Program& program) {
  SyscallCounts counts;
  Process process(start_traced(program));
  pid_t pid = process.pid();
  int status = wait_for(pid);
  if (WIFSTOPPED(status)) {
    require_trace(::ptrace(PTRACE_SETOPTIONS, pid, nullptr, kOptions | PTRACE_O_EXITKILL));
  }
  while (WIFSTOPPED(status)) {
    go_on(pid, status, counts);
    status = wait_for(pid);
  }
  process.release();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 99) throw Impossible("ptrace is not permitted");
  if (!is_success(status)) throw Broken("a traced program fails");
  return counts;
}

SyscallCounts count_of_process(pid_t traced, const Program& program, int times) {
  SyscallCounts counts;
  require_trace(::ptrace(PTRACE_SEIZE, traced, nullptr, kOptions));
  ::ptrace(PTRACE_INTERRUPT, traced, nullptr, nullptr);
  Process worker(start_worker(program, times));
  for (;;) {
    pid_t pid = -1;
    const int status = wait_for(pid);
    if (WIFSTOPPED(status)) {
      go_on(pid, status, counts);
      continue;
    }
    if (pid == traced) throw Broken("the daemon ends while it is traced");
    worker.release();
    if (!is_success(status)) throw Broken("calls of a traced daemon fail");
    detach(traced);
    return counts;
  }
}

}  // namespace bench
