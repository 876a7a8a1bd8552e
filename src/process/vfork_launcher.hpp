#pragma once

// The one file that includes Boost.Process v2, of which only the launcher protocol is used: a
// launcher calls its initializers' on_setup, on_exec_setup, on_success and on_error. Up to 1.85
// it is header-only. Its own launchers fork (slow in a large daemon) or corrupt the reactor.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// Boost 1.81's header uses these two without including them.
#include <boost/optional.hpp>
#include <boost/type_traits/decay.hpp>
// They come first.
#include <boost/process/v2/posix/default_launcher.hpp>
#include <cerrno>
#include <span>
#include <vector>

namespace reduce {

/// A launcher for Boost.Process v2's initializers that starts a process by vfork(2), in the same
/// time however large this process is. Initializers' on_exec_setup runs in the child on this
/// process's memory: system calls only.
class VforkLauncher {
 public:
  explicit VforkLauncher(const char* const* environment) : env(environment) {}

  using error_code = boost::system::error_code;

  /// What initializers may look at, named as in Boost's launchers.
  const char* const* env;
  pid_t pid = -1;

  /// execve's errno where the program could not be executed, else 0.
  int exec_error() const { return exec_error_; }

  /// Tries the candidates in order, as execvp(3) does. An error: there is no process. `argv` ends
  /// with a null pointer.
  template <class... Inits>
  [[gnu::noinline]] error_code operator()(std::span<const char* const> candidates,
                                          const char* const* argv, Inits&&... inits) {
    namespace protocol = boost::process::v2::posix::detail;
    const boost::process::v2::filesystem::path executable(candidates.front());
    const char* const* arguments = argv;
    error_code fault = protocol::on_setup(*this, executable, arguments, inits...);
    if (fault) {
      protocol::on_error(*this, executable, arguments, fault, inits...);
      return fault;
    }
    prepare_shell_arguments(argv);

    // A signal that came between vfork and exec would run in the child on this process's memory.
    sigset_t all, before;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    volatile int setup_error = 0;
    exec_error_ = 0;
    pid = ::vfork();
    if (pid == 0) {
      const error_code refused = protocol::on_exec_setup(*this, executable, arguments, inits...);
      if (refused) {
        setup_error = refused.value();
      } else {
        exec_error_ = execute(candidates, argv);
      }
      ::_exit(127);
    }
    const int fork_error = pid < 0 ? errno : 0;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);

    const int code = fork_error != 0 ? fork_error : setup_error != 0 ? setup_error : exec_error_;
    if (code == 0) {
      protocol::on_success(*this, executable, arguments, inits...);
      return {};
    }
    if (fork_error == 0) ::waitpid(pid, nullptr, 0);
    pid = -1;
    fault.assign(code, boost::system::system_category());
    protocol::on_error(*this, executable, arguments, fault, inits...);
    return fault;
  }

 private:
  /// exec(3): a file that execve refuses with ENOEXEC is run by the shell as `sh FILE ARGS…`.
  void prepare_shell_arguments(const char* const* argv) {
    shell_arguments_ = {"/bin/sh", nullptr};
    for (const char* const* rest = argv + (argv[0] != nullptr); *rest != nullptr; ++rest) {
      shell_arguments_.push_back(*rest);
    }
    shell_arguments_.push_back(nullptr);
  }

  /// Returns only where no candidate could be executed. exec(3): a program that may not be
  /// executed is remembered while the search goes on; a fault of another kind ends it.
  int execute(std::span<const char* const> candidates, const char* const* argv) {
    bool denied = false;
    for (const char* candidate : candidates) {
      ::execve(candidate, const_cast<char* const*>(argv), const_cast<char* const*>(env));
      if (errno == ENOEXEC) {
        shell_arguments_[1] = candidate;
        ::execve("/bin/sh", const_cast<char* const*>(shell_arguments_.data()),
                 const_cast<char* const*>(env));
      }
      switch (errno) {
        case EACCES:
          denied = true;
          break;
        case ENOENT:
        case ENOTDIR:
        case ENODEV:
        case ESTALE:
        case ETIMEDOUT:
          break;
        default:
          return errno;
      }
    }
    return denied ? EACCES : errno == ENOTDIR && candidates.size() == 1 ? ENOTDIR : ENOENT;
  }

  std::vector<const char*> shell_arguments_;
  int exec_error_ = 0;
};

}  // namespace reduce
