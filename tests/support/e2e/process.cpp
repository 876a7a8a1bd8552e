#include "support/e2e/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "support/catch.hpp"

namespace e2e {
namespace {

using reduce::UniqueFd;
using Clock = std::chrono::steady_clock;

/// Of an output in a message.
constexpr std::size_t kMostShown = 400;

std::string shown(const std::string& text) {
  if (text.size() <= kMostShown) return Catch::StringMaker<std::string>::convert(text);
  return Catch::StringMaker<std::string>::convert(text.substr(0, kMostShown)) + "... (" +
         std::to_string(text.size()) + " bytes)";
}

bool is_variable(const std::string& variable, const std::string& name) {
  return variable.starts_with(name + "=");
}

std::vector<char*> pointers(const Words& words) {
  std::vector<char*> all;
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

/// In the new process. What cannot be set up shows as exit status 98.
void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "cannot start: %s: %s\n", what, std::strerror(errno));
  ::_exit(98);
}

void reset_signals() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// The descriptor for a standard stream, above those, or negative for none.
int source_of(const Target& target, int pipe) {
  int fd = -1;
  if (target.kind == Target::Kind::captured) fd = pipe;
  if (target.kind == Target::Kind::descriptor) fd = target.fd;
  if (target.kind == Target::Kind::file) {
    fd = ::open(target.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(fd >= 0, target.path.c_str());
  }
  return fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 100);
}

[[noreturn]] void become(const Spawn& spawn, int out_pipe, int err_pipe, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(98);
  reset_signals();
  const int in = spawn.in >= 0 ? spawn.in : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = source_of(spawn.out, out_pipe);
  const bool merged = spawn.err.kind == Target::Kind::like_out;
  const int sources[] = {::fcntl(in, F_DUPFD_CLOEXEC, 100), out,
                         merged ? out : source_of(spawn.err, err_pipe)};
  require(spawn.cwd.empty() || ::chdir(spawn.cwd.c_str()) == 0, spawn.cwd.c_str());
  const auto argv = pointers(spawn.argv);
  const auto env = pointers(spawn.env);
  const std::string& program = spawn.program.empty() ? spawn.argv.at(0) : spawn.program;
  for (int fd = 0; fd < 3; ++fd) {
    ::close(fd);
    if (sources[fd] >= 0) ::dup2(sources[fd], fd);
  }
  if (spawn.before_exec) spawn.before_exec();
  ::execve(program.c_str(), argv.data(), env.data());
  require(false, program.c_str());
  ::_exit(98);
}

/// The end that the new process gets; ours is set to never wait.
UniqueFd open_capture(const Target& target, UniqueFd& reader) {
  if (target.kind != Target::Kind::captured) return UniqueFd();
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  reader.reset(ends[0]);
  return UniqueFd(ends[1]);
}

}  // namespace

Words with(Words options, const Words& command) {
  options.insert(options.end(), command.begin(), command.end());
  return options;
}

Spawn& Spawn::set(const std::string& name, const std::string& value) {
  unset(name);
  env.push_back(name + "=" + value);
  return *this;
}

Spawn& Spawn::unset(const std::string& name) {
  std::erase_if(env, [&](const std::string& variable) { return is_variable(variable, name); });
  return *this;
}

std::ostream& operator<<(std::ostream& to, const Result& result) {
  if (result.code) {
    to << "exit " << *result.code;
  } else {
    to << "signal " << result.signal;
  }
  return to << ", out " << shown(result.out) << ", err " << shown(result.err);
}

Result exited(int code, std::string out, std::string err) {
  return {code, 0, std::move(out), std::move(err)};
}

Result signaled(int signal, std::string out, std::string err) {
  return {std::nullopt, signal, std::move(out), std::move(err)};
}

Started::Started(Spawn spawn) {
  for (const std::string& word : spawn.argv) name_ += word.substr(0, 60) + " ";
  out_.sink = std::move(spawn.out_sink);
  UniqueFd out = open_capture(spawn.out, out_.reader);
  UniqueFd err = open_capture(spawn.err, err_.reader);
  const pid_t parent = ::getpid();
  // Our own handlers are none of the new process's: a signal waits until they are gone.
  sigset_t all, before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  pid_ = ::fork();
  if (pid_ == 0) become(spawn, out.get(), err.get(), parent);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  REQUIRE(pid_ > 0);
}

Started::Started(Started&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      status_(other.status_),
      out_(std::move(other.out_)),
      err_(std::move(other.err_)) {}

Started::~Started() {
  if (pid_ < 0 || status_) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

void Started::signal(int number) const {
  REQUIRE_FALSE(status_.has_value());
  REQUIRE(::kill(pid_, number) == 0);
}

bool Started::is_running() {
  if (!status_) reap(WNOHANG);
  return !status_;
}

/// Both, so that a full pipe of the one does not hold back the other.
void Started::take_all() {
  while (out_.take() || err_.take()) continue;
}

const std::string& Started::out() {
  take_all();
  return out_.text;
}

const std::string& Started::err() {
  take_all();
  return err_.text;
}

bool Started::Capture::take() {
  if (!reader) return false;
  static std::array<char, 256 * 1024> buffer;
  const ssize_t got = ::read(reader.get(), buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR;
  if (got == 0) {
    reader.reset();
    return false;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  if (sink) {
    sink(bytes);
  } else {
    text += bytes;
  }
  return true;
}

void Started::reap(int wait_options) {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(pid_, &status, wait_options);
  } while (ended < 0 && errno == EINTR);
  if (ended == pid_) status_ = status;
}

Result Started::result() const {
  Result told;
  if (WIFEXITED(*status_)) told.code = WEXITSTATUS(*status_);
  if (WIFSIGNALED(*status_)) told.signal = WTERMSIG(*status_);
  told.out = out_.text;
  told.err = err_.text;
  return told;
}

Result Started::finish(Milliseconds patience) {
  return finish(patience, true);
}

Result Started::finish_process(Milliseconds patience) {
  return finish(patience, false);
}

Result Started::finish(Milliseconds patience, bool to_end_of_file) {
  const auto deadline = Clock::now() + patience;
  UniqueFd process;
  if (!status_) process.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  while (!status_ || (to_end_of_file && (out_.reader || err_.reader))) {
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      FAIL((status_ ? "ended, but its output stays open: " : "has not ended in time: ") << name_);
    }
    std::array<pollfd, 3> asked{{{status_ ? -1 : process.get(), POLLIN, 0},
                                 {out_.reader.get(), POLLIN, 0},
                                 {err_.reader.get(), POLLIN, 0}}};
    ::poll(asked.data(), asked.size(), static_cast<int>(left.count()));
    out_.take();
    err_.take();
    if (asked[0].revents != 0) reap(WNOHANG);
  }
  return result();
}

}  // namespace e2e
