#include "process/asio_launcher.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "command/program_search.hpp"
#include "process/child.hpp"
#include "process/child_environment.hpp"
#include "process/child_setup.hpp"
#include "process/vfork_launcher.hpp"
#include "run/chain.hpp"

namespace reduce {
namespace {

struct PipeEnds {
  UniqueFd reader;
  UniqueFd writer;
};

Result<PipeEnds> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot create a pipe");
  return PipeEnds{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// What the process gets as stdin: a description of its own at the content's beginning, so that a
/// later try reads all of it again. Empty where there is no content. It is not waited for those who
/// hold a lease on the file (fcntl(2)).
Result<UniqueFd> open_input(const Place& place) {
  if (!place.input) return UniqueFd();
  const std::string path = "/proc/self/fd/" + std::to_string(place.input.get());
  UniqueFd input(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!input) return system_error("cannot open the command's standard input");
  ::fcntl(input.get(), F_SETFL, 0);
  return input;
}

LaunchFailure broken(Error error) {
  const bool shortage = error.code == EMFILE || error.code == ENFILE || error.code == ENOMEM;
  return {Broken{std::move(error.text)}, false, shortage};
}

/// What runs already cannot be had back: watching it must not fail because the soft limit was
/// lowered meanwhile. What is open stays so when it is lowered again (getrlimit(2)).
UniqueFd open_pidfd(pid_t pid) {
  const auto open = [pid] { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); };
  UniqueFd pidfd = open();
  rlimit limit{};
  if (pidfd || errno != EMFILE || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return pidfd;
  const rlimit lifted{limit.rlim_max, limit.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &lifted);
  pidfd = open();
  const int fault = errno;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  errno = fault;
  return pidfd;
}

}  // namespace

AsioLauncher::AsioLauncher(boost::asio::io_context& io, std::string instance)
    : io_(io),
      instance_(std::move(instance)),
      empty_input_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      daemon_(::getpid()) {}

std::variant<std::unique_ptr<Process>, LaunchFailure> AsioLauncher::launch(
    const Command& command, RunId id, ProcessObserver& observer) {
  auto out = make_pipe();
  if (!out) return broken(out.error());
  auto err = make_pipe();
  if (!err) return broken(err.error());
  const auto input = open_input(command.place());
  if (!input) return broken(input.error());

  std::vector<const char*> argv;
  for (const std::string_view argument : command.view().args) argv.push_back(argument.data());
  const std::string_view program = argv.front();
  argv.push_back(nullptr);
  const std::string_view folders = search_path(command.view().env);
  const auto paths = real_candidates(program, folders, command.place().cwd.get());
  if (paths.empty()) return LaunchFailure{NotExecuted{ENOENT}};
  std::vector<const char*> candidates;
  for (const std::string& path : paths) candidates.push_back(path.c_str());
  const PackedStrings& env = command.view().env;
  const ChildEnvironment environment(env, chain_variable(env, instance_, id));

  VforkLauncher launcher(environment.data());
  const int in = *input ? input->get() : empty_input_.get();
  const auto fault = launcher(candidates, argv.data(), OwnSession(daemon_), CallerContext(command),
                              StandardStreams(in, out->writer.get(), err->writer.get()));
  if (launcher.exec_error() != 0) return LaunchFailure{NotExecuted{launcher.exec_error()}};
  if (fault) return broken(system_error("cannot start the process", fault.value()));

  out->writer.reset();
  err->writer.reset();
  // Closing the writers made room for the pidfd even where descriptors have run out.
  auto child = Child::watch(io_, launcher.pid, open_pidfd(launcher.pid), std::move(out->reader),
                            std::move(err->reader), observer);
  if (!child) return LaunchFailure{Broken{child.error().text}, true};
  return std::move(*child);
}

}  // namespace reduce
