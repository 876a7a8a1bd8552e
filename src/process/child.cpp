#include "process/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <optional>

namespace reduce {
namespace {

constexpr std::size_t kChunk = 1 << 20;
constexpr std::size_t kDefaultPipe = 64 * 1024;
constexpr int kLargePipe = 256 * 1024;

Duration to_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// How the process of `pidfd` ended, nothing where it has not; it stays unreaped. waitid(2) by way
/// of syscall(2): the kernel's own call has a fifth argument, the resource usage.
std::optional<ProcessEnd> look_at_end(int pidfd) {
  siginfo_t info{};
  rusage usage{};
  ::syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT, &usage);
  if (info.si_pid == 0) return std::nullopt;
  ProcessEnd end;
  if (info.si_code == CLD_EXITED) {
    end.how = Exited{info.si_status};
  } else {
    end.how = Signaled{info.si_status};
  }
  end.cpu = to_duration(usage.ru_utime) + to_duration(usage.ru_stime);
  return end;
}

void reap(int pidfd) {
  siginfo_t info{};
  ::waitid(P_PIDFD, pidfd, &info, WEXITED | WNOHANG);
}

}  // namespace

/// What the event loop's handlers share with a Child. Outlives it while the process's output pipes
/// are held open by processes it left behind: what they write is read and dropped, so that they
/// get no SIGPIPE.
class ChildWatch : public std::enable_shared_from_this<ChildWatch> {
 public:
  ChildWatch(boost::asio::io_context& io, pid_t pid, ProcessObserver& observer)
      : pid_(pid), observer_(&observer), process_(io), pipes_{Pipe(io), Pipe(io)} {}

  bool open(UniqueFd pidfd, UniqueFd out, UniqueFd err) {
    return assign(process_, pidfd) && assign(pipe(Stream::out), out) &&
           assign(pipe(Stream::err), err);
  }

  void start() {
    watch_pipe(Stream::out);
    watch_pipe(Stream::err);
    watch_process();
  }

  pid_t pid() const { return pid_; }

  void signal_group(int signal) const { ::kill(-pid_, signal); }

  /// Offers again what was held back, from the event loop.
  void resume() {
    if (std::exchange(resuming_, true)) return;
    boost::asio::post(process_.get_executor(), [self = shared_from_this()] { self->offer_held(); });
  }

  /// The Child is destroyed: nothing is told any more, and the process is reaped.
  void abandon() {
    observer_ = nullptr;
    last_.reset();
    release_held();
    if (!ended_) signal_group(SIGKILL);
    reap(process_.native_handle());
    boost::system::error_code ignored;
    process_.close(ignored);
  }

 private:
  using Pipe = boost::asio::posix::stream_descriptor;

  static bool assign(Pipe& target, UniqueFd& source) {
    boost::system::error_code fault;
    target.assign(source.get(), fault);
    if (!fault) source.release();
    return !fault;
  }

  Pipe& pipe(Stream stream) { return pipes_[static_cast<std::size_t>(stream)]; }

  void watch_process() {
    process_.async_wait(Pipe::wait_read, [self = shared_from_this()](auto fault) {
      if (!fault && self->process_.is_open()) self->look_at_process();
    });
  }

  void watch_pipe(Stream stream) {
    pipe(stream).async_wait(Pipe::wait_read, [self = shared_from_this(), stream](auto fault) {
      if (!fault && self->pipe(stream).is_open()) self->readable(stream);
    });
  }

  void close_pipe(Stream stream) {
    boost::system::error_code ignored;
    pipe(stream).close(ignored);
  }

  void readable(Stream stream) {
    switch (offer(stream, kChunk).state) {
      case Intake::State::closed:
        // Closed with this object: here it would hold up the word of the process's end, which
        // mostly follows at once.
        return;
      case Intake::State::full:
        is_held(stream) = true;
        return;
      default:
        watch_pipe(stream);
    }
  }

  void offer_held() {
    resuming_ = false;
    for (const Stream stream : {Stream::out, Stream::err}) {
      if (std::exchange(is_held(stream), false) && pipe(stream).is_open()) readable(stream);
    }
    if (last_) finish();
  }

  Intake offer(Stream stream, std::size_t most) {
    const int fd = pipe(stream).native_handle();
    if (observer_ == nullptr) return drop(fd);
    const Intake intake = observer_->output(stream, fd, most);
    // Larger pipes only for those who fill them: they count towards a limit of the user's.
    if (intake.bytes >= kDefaultPipe && !std::exchange(widened_[static_cast<int>(stream)], true)) {
      ::fcntl(fd, F_SETPIPE_SZ, kLargePipe);
    }
    return intake;
  }

  static Intake drop(int fd) {
    static std::array<char, kDefaultPipe> unwanted;
    const ssize_t got = ::read(fd, unwanted.data(), unwanted.size());
    if (got > 0) return {Intake::State::taken, static_cast<std::size_t>(got)};
    return {got == 0 ? Intake::State::closed : Intake::State::empty, 0};
  }

  /// What the process itself wrote is in its pipes now: offers that much, not what others go on
  /// to write.
  /// False where it cannot be taken now.
  bool offer_rest(Stream stream) {
    int& rest = rest_[static_cast<std::size_t>(stream)];
    while (rest > 0 && pipe(stream).is_open()) {
      const Intake intake = offer(stream, static_cast<std::size_t>(rest));
      if (intake.state == Intake::State::full) return false;
      if (intake.state == Intake::State::closed) close_pipe(stream);
      if (intake.state != Intake::State::taken) return true;
      rest -= static_cast<int>(intake.bytes);
    }
    return true;
  }

  void note_rest(Stream stream) {
    if (!pipe(stream).is_open()) return;
    ::ioctl(pipe(stream).native_handle(), FIONREAD, &rest_[static_cast<std::size_t>(stream)]);
  }

  bool& is_held(Stream stream) { return held_[static_cast<std::size_t>(stream)]; }

  /// A wait may end with nothing to see: an event of a descriptor that was closed can reach the
  /// one that is watched in its place.
  void look_at_process() {
    const auto end = look_at_end(process_.native_handle());
    if (!end) return watch_process();
    ended_ = true;
    last_ = end;
    note_rest(Stream::out);
    note_rest(Stream::err);
    finish();
  }

  /// Tells the end once all that the process wrote was taken.
  void finish() {
    const bool out = offer_rest(Stream::out), err = offer_rest(Stream::err);
    if (!out || !err) return;
    const ProcessEnd end = *std::exchange(last_, std::nullopt);
    release_held();
    if (ProcessObserver* observer = std::exchange(observer_, nullptr)) observer->ended(end);
  }

  /// What others go on to write is read from now on, and dropped.
  void release_held() {
    for (const Stream stream : {Stream::out, Stream::err}) {
      if (std::exchange(is_held(stream), false) && pipe(stream).is_open()) watch_pipe(stream);
    }
  }

  const pid_t pid_;
  ProcessObserver* observer_;
  Pipe process_;
  std::array<Pipe, 2> pipes_;
  std::array<bool, 2> widened_{};
  std::array<bool, 2> held_{};      ///< not watched: its observer was full
  std::array<int, 2> rest_{};       ///< bytes that the process had written when it ended
  std::optional<ProcessEnd> last_;  ///< how it ended, while there is a rest
  bool resuming_ = false;
  bool ended_ = false;
};

Result<std::unique_ptr<Process>> Child::watch(boost::asio::io_context& io, pid_t pid,
                                              UniqueFd pidfd, UniqueFd out, UniqueFd err,
                                              ProcessObserver& observer) {
  const auto watch = std::make_shared<ChildWatch>(io, pid, observer);
  if (!pidfd || !watch->open(std::move(pidfd), std::move(out), std::move(err))) {
    const Error error = system_error("cannot watch the process");
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return error;
  }
  watch->start();
  return std::unique_ptr<Process>(new Child(watch));
}

Child::~Child() {
  watch_->abandon();
}

pid_t Child::pid() const {
  return watch_->pid();
}

void Child::resume() {
  watch_->resume();
}

void Child::signal_group(int signal) {
  watch_->signal_group(signal);
}

}  // namespace reduce
