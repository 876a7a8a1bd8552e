// A process that was started and cannot be watched.

#include "process/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "support/catch.hpp"

using namespace reduce;

namespace {

class Silent : public ProcessObserver {
 public:
  Intake output(Stream, int, std::size_t) override { return {}; }
  void ended(const ProcessEnd&) override {}
};

/// A process of a group of its own that would not end.
pid_t start_endless() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    for (;;) ::pause();
  }
  ::setpgid(pid, pid);
  return pid;
}

struct Ends {
  UniqueFd reader, writer;
};

Ends make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

TEST_CASE("a process without a descriptor to watch it by is ended and reaped") {
  boost::asio::io_context io;
  Silent observer;
  Ends out = make_pipe(), err = make_pipe();
  const pid_t pid = start_endless();
  REQUIRE(pid > 0);
  errno = EMFILE;  // as pidfd_open(2) leaves it
  const auto child =
      Child::watch(io, pid, UniqueFd(), std::move(out.reader), std::move(err.reader), observer);
  REQUIRE_FALSE(child.has_value());
  CHECK(child.error().code == EMFILE);
  CHECK(child.error().text.find("cannot watch the process") != std::string::npos);
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
  CHECK(::waitpid(pid, nullptr, WNOHANG) == -1);
}
