#include "process/fed_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "process/child_setup.hpp"
#include "process/vfork_launcher.hpp"

namespace reduce {
namespace {

constexpr std::size_t kMostWaiting = 1 << 20;
constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(30);
/// A program that lasted that long is started again as if for the first time.
constexpr Duration kLasted = std::chrono::minutes(1);

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

FedProgram::FedProgram(boost::asio::io_context& io, std::string shell_line, SayDropped dropped,
                       std::function<void(const std::string&)> warn)
    : shell_line_(std::move(shell_line)),
      warn_(std::move(warn)),
      queue_(kMostWaiting, std::move(dropped)),
      io_(io),
      input_(io),
      process_(io),
      timer_(io),
      gathering_timer_(io),
      pause_(kFirstPause) {}

FedProgram::~FedProgram() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void FedProgram::start() {
  launch();
}

void FedProgram::feed(std::string_view line) {
  queue_.push(line);
  if (waiting_ || gathering_) {
    if (!waiting_ && queue_.bytes().size() >= LineQueue::kEnough) write();
    return;
  }
  gathering_ = true;
  gathering_timer_.expires_after(LineQueue::kGathering);
  gathering_timer_.async_wait([self = shared_from_this()](auto) {
    self->gathering_ = false;
    if (!self->waiting_) self->write();
  });
}

void FedProgram::launch() {
  started_ = std::chrono::steady_clock::now();
  if (!spawn()) return ended();
  wait_for_end();
  write();
}

/// Its stdout and stderr are this process's: what it says is for whoever runs the daemon.
bool FedProgram::spawn() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const UniqueFd out(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  const UniqueFd err(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  ::fcntl(writer.get(), F_SETFL, O_NONBLOCK);
  const char* const argv[] = {"sh", "-c", shell_line_.c_str(), nullptr};
  const std::array<const char*, 1> shell{"/bin/sh"};
  VforkLauncher launcher(environ);
  if (launcher(shell, argv, OwnSession(::getpid()),
               StandardStreams(reader.get(), out.get(), err.get()))) {
    return false;
  }
  pid_ = launcher.pid;
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  boost::system::error_code fault;
  process_.assign(pidfd, fault);
  if (!fault) input_.assign(writer.get(), fault);
  if (!fault) {
    writer.release();
    return true;
  }
  if (pidfd >= 0 && !process_.is_open()) ::close(pidfd);
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  return false;
}

void FedProgram::write() {
  while (input_.is_open() && !queue_.empty()) {
    const std::string_view bytes = queue_.bytes();
    const ssize_t put = ::write(input_.native_handle(), bytes.data(), bytes.size());
    if (put >= 0) {
      queue_.pop(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      return wait_until_writable();
    } else if (errno != EINTR) {
      // It reads no more; its end tells the rest.
      return close_input();
    }
  }
  if (finishing_ && queue_.empty()) close_input();
}

void FedProgram::wait_until_writable() {
  waiting_ = true;
  input_.async_wait(Descriptor::wait_write, [self = shared_from_this()](auto) {
    self->waiting_ = false;
    self->write();
  });
}

void FedProgram::wait_for_end() {
  process_.async_wait(Descriptor::wait_read, [self = shared_from_this()](auto fault) {
    if (fault || self->pid_ < 0) return;
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(self->pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    // A wait may end with nothing to see.
    if (info.si_pid == 0) return self->wait_for_end();
    // What it left behind, as long as its id is held: nobody would see to its end later.
    ::kill(-self->pid_, SIGKILL);
    int status = 0;
    ::waitpid(std::exchange(self->pid_, -1), &status, 0);
    if (!self->finishing_) {
      self->warn_("the hook program '" + self->shell_line_ + "' " + describe(status) +
                  "; it is started again");
    }
    self->ended();
  });
}

void FedProgram::ended() {
  close_input();
  boost::system::error_code ignored;
  process_.close(ignored);
  queue_.drop_partial_line();
  if (finishing_) {
    timer_.cancel();
    if (const auto done = std::exchange(done_, nullptr)) done();
    return;
  }
  const Duration lasted = std::chrono::steady_clock::now() - started_;
  if (lasted >= kLasted) pause_ = kFirstPause;
  timer_.expires_after(pause_);
  pause_ = std::min(2 * pause_, kLongestPause);
  timer_.async_wait([self = shared_from_this()](auto fault) {
    if (!fault && !self->finishing_) self->launch();
  });
}

void FedProgram::close_input() {
  boost::system::error_code ignored;
  input_.close(ignored);
}

void FedProgram::finish(Duration patience, std::function<void()> done) {
  finishing_ = true;
  done_ = std::move(done);
  if (pid_ < 0) return ended();
  timer_.expires_after(patience);
  timer_.async_wait([self = shared_from_this()](auto fault) {
    if (fault || self->pid_ < 0) return;
    ::kill(-self->pid_, SIGTERM);
    self->timer_.expires_after(std::chrono::seconds(1));
    self->timer_.async_wait([self](auto failed) {
      if (!failed && self->pid_ >= 0) ::kill(-self->pid_, SIGKILL);
    });
  });
  if (!waiting_) write();
}

}  // namespace reduce
