#include <sys/syscall.h>

#include "measure/syscall_counter.hpp"

namespace bench {
namespace {

struct Name {
  long number;
  const char* text;
};

/// Those that are likely here and that every architecture has.
constexpr Name kNames[] = {
#define NAME(call) \
  { SYS_##call, #call }
    NAME(read),
    NAME(write),
    NAME(openat),
    NAME(close),
    NAME(fstat),
    NAME(statx),
    NAME(lseek),
    NAME(mmap),
    NAME(mprotect),
    NAME(munmap),
    NAME(brk),
    NAME(rt_sigaction),
    NAME(rt_sigprocmask),
    NAME(rt_sigreturn),
    NAME(ioctl),
    NAME(pread64),
    NAME(pwrite64),
    NAME(readv),
    NAME(writev),
    NAME(pipe2),
    NAME(sched_yield),
    NAME(madvise),
    NAME(dup),
    NAME(dup3),
    NAME(getpid),
    NAME(sendfile),
    NAME(socket),
    NAME(socketpair),
    NAME(connect),
    NAME(accept4),
    NAME(sendto),
    NAME(recvfrom),
    NAME(sendmsg),
    NAME(recvmsg),
    NAME(shutdown),
    NAME(bind),
    NAME(listen),
    NAME(getsockname),
    NAME(getpeername),
    NAME(setsockopt),
    NAME(getsockopt),
    NAME(clone),
    NAME(clone3),
    NAME(execve),
    NAME(exit),
    NAME(exit_group),
    NAME(wait4),
    NAME(waitid),
    NAME(kill),
    NAME(fcntl),
    NAME(ftruncate),
    NAME(getcwd),
    NAME(fchdir),
    NAME(umask),
    NAME(getrlimit),
    NAME(setrlimit),
    NAME(getrusage),
    NAME(times),
    NAME(getuid),
    NAME(getgid),
    NAME(geteuid),
    NAME(getegid),
    NAME(getppid),
    NAME(getgroups),
    NAME(prctl),
    NAME(gettid),
    NAME(futex),
    NAME(set_tid_address),
    NAME(set_robust_list),
    NAME(rseq),
    NAME(prlimit64),
    NAME(getrandom),
    NAME(timerfd_create),
    NAME(timerfd_settime),
    NAME(clock_gettime),
    NAME(clock_nanosleep),
    NAME(epoll_create1),
    NAME(epoll_ctl),
    NAME(epoll_pwait),
    NAME(ppoll),
    NAME(signalfd4),
    NAME(eventfd2),
    NAME(splice),
    NAME(tee),
    NAME(memfd_create),
    NAME(pidfd_open),
    NAME(pidfd_send_signal),
    NAME(close_range),
    NAME(readlinkat),
    NAME(newfstatat),
    NAME(faccessat),
    NAME(faccessat2),
    NAME(unlinkat),
    NAME(sigaltstack),
    NAME(getpriority),
    NAME(setpriority),
    NAME(copy_file_range),
    NAME(openat2),
    NAME(fadvise64),
    NAME(setsid),
#ifdef SYS_open  // the older ones, which newer architectures lack
    NAME(open),
    NAME(stat),
    NAME(lstat),
    NAME(poll),
    NAME(access),
    NAME(pipe),
    NAME(dup2),
    NAME(vfork),
    NAME(fork),
    NAME(readlink),
    NAME(unlink),
    NAME(epoll_wait),
    NAME(arch_prctl),
    NAME(time),
    NAME(select),
    NAME(getpgrp),
#endif
#undef NAME
};

}  // namespace

std::string syscall_name(long number) {
  for (const Name& name : kNames) {
    if (name.number == number) return name.text;
  }
  return "call " + std::to_string(number);
}

}  // namespace bench
