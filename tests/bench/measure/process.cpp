#include "measure/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "measure/trouble.hpp"

namespace bench {
namespace {

double to_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::vector<char*> pointers(const Words& words) {
  std::vector<char*> all;
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

bool is_success(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Process::~Process() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

Ended Process::wait() {
  int status = 0;
  rusage usage{};
  while (::wait4(pid_, &status, 0, &usage) < 0) {
    if (errno != EINTR) fail("wait4");
    check_interrupted();
  }
  pid_ = -1;
  return {status, to_seconds(usage.ru_utime) + to_seconds(usage.ru_stime)};
}

Ended Process::wait_for_success(const std::string& name) {
  const Ended ended = wait();
  if (!is_success(ended.status)) throw Broken(name + " " + describe(ended.status));
  return ended;
}

struct Program::Actions {
  Actions() { ::posix_spawn_file_actions_init(&list); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&list); }
  Actions(const Actions&) = delete;
  posix_spawn_file_actions_t list;
};

void Program::DropActions::operator()(Actions* actions) const {
  delete actions;
}

Program::Program(Words argv, Words environment)
    : argv_(std::make_unique<Words>(std::move(argv))),
      environment_(std::make_unique<Words>(std::move(environment))),
      argv_pointers_(pointers(*argv_)),
      environment_pointers_(pointers(*environment_)),
      actions_(new Actions) {}

Program& Program::give(int descriptor, int number) {
  descriptors_.emplace_back(descriptor, number);
  ::posix_spawn_file_actions_adddup2(&actions_->list, descriptor, number);
  return *this;
}

Process Program::start() const {
  pid_t pid = -1;
  errno = ::posix_spawn(&pid, argv_pointers_[0], &actions_->list, nullptr, argv_pointers_.data(),
                        environment_pointers_.data());
  if (errno != 0) fail("cannot start " + argv_->front());
  return Process(pid);
}

Ended Program::run() const {
  return start().wait_for_success(argv_->front());
}

double Program::time(double& cpu) const {
  const Moment begin = Clock::now();
  Process process = start();
  const Ended ended = process.wait();
  const double taken = seconds_since(begin);
  if (!is_success(ended.status)) throw Broken(argv_->front() + " " + describe(ended.status));
  cpu += ended.cpu;
  return taken;
}

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace bench
