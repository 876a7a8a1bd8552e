// A daemon's start that takes long, which a signal and the time of the wait end, or that fails.

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

/// The lock of whoever starts a daemon, taken by this process.
UniqueFd hold_start_lock(const Sandbox& box) {
  UniqueFd file(::open((box.socket() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 1;
  lock.l_len = 1;
  REQUIRE(::fcntl(file.get(), F_OFD_SETLK, &lock) == 0);
  return file;
}

/// A folder with a reduce-run whose `reduced` is this script.
std::string with_daemon(const Sandbox& box, const std::string& script) {
  const std::string program = box.path("reduce-run");
  std::filesystem::copy_file(Sandbox::program("reduce-run"), program);
  box.write("reduced", "#!/bin/sh\n" + script + "\n", 0755);
  return program;
}

/// A daemon that never serves, and leaves its process's id in the file `started`.
const char* const kNeverReady = "echo $$ >started.new; mv started.new started; exec sleep 1000";

void end_daemon(const Sandbox& box) {
  REQUIRE(::kill(static_cast<pid_t>(std::stol(box.read("started"))), SIGKILL) == 0);
}

/// seccomp(2): the system call fails with `code`, for this process and what it executes.
void forbid(std::uint32_t number, int code) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(code)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{4, filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    ::_exit(97);
  }
}

Words command(const Sandbox& box) {
  return box.puppet({"out", "x\n", "exit", "3"});
}

/// A call, by no socket that the surroundings name, among file systems that nobody else sees: what
/// standard sockets there are is hidden. Status 99 where they cannot be mounted.
Result call_among(const Sandbox& box, const std::string& mounts, const std::string& options) {
  const std::string line = "unset REDUCE_SOCKET; mount -t tmpfs none /run && cp " +
                           Sandbox::program("reduce-run") + " /run && " + mounts +
                           " || exit 99; exec /run/reduce-run " + options +
                           " sh -c 'echo x; exit 3'";
  return Started(box.direct({"/usr/bin/unshare", "--mount", "/bin/sh", "-c", line})).finish();
}

}  // namespace

TEST_CASE("A signal ends a caller that waits for another to start a daemon") {
  Sandbox box;
  const UniqueFd lock = hold_start_lock(box);
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP, SIGQUIT);
  Started caller = box.start(command(box));
  REQUIRE(eventually([&] { return is_asleep(caller.pid()); }));
  caller.signal(number);
  CHECK(caller.finish() == signaled(number));
  CHECK(box.executions() == 0);
}

TEST_CASE("The time of a wait counts while another starts a daemon") {
  Sandbox box;
  UniqueFd lock = hold_start_lock(box);
  const Result tired = box.run(with({"--wait-timeout=100ms"}, command(box)));
  CHECK(tired.code == 75);
  CHECK(is_own_line(tired.err));
  CHECK(box.executions() == 0);
  Started patient = box.start(command(box));
  REQUIRE(eventually([&] { return is_asleep(patient.pid()); }));
  lock.reset();
  CHECK(patient.finish() == exited(3, "x\n"));
}

TEST_CASE("A signal and the time of a wait end a caller whose daemon does not get ready") {
  Sandbox box;
  const std::string script = "cd " + box.folder() + "; " + kNeverReady;
  Spawn call = box.direct(with({with_daemon(box, script)}, command(box)));
  SECTION("a signal") {
    Started caller(call);
    box.await_file("started");
    caller.signal(SIGTERM);
    CHECK(caller.finish() == signaled(SIGTERM));
  }
  SECTION("the time of its wait") {
    call.argv.insert(call.argv.begin() + 1, "--wait-timeout=200ms");
    CHECK(Started(call).finish().code == 75);
    box.await_file("started");
  }
  CHECK(box.executions() == 0);
  end_daemon(box);
}

TEST_CASE("A daemon that ends before it serves is started a few times, and one line says so") {
  Sandbox box;
  const std::string end = GENERATE("exit 0", "exit 3", "kill -KILL $$");
  INFO(end);
  const std::string script =
      "echo >>" + box.path("starts") + "; echo noise; echo noise >&2; " + end;
  const std::string program = with_daemon(box, script);
  const Result direct = Started(box.direct(with({program}, command(box)))).finish();
  CHECK(direct == exited(3, "x\n",
                         "reduce-run: cannot start a daemon: reduced ended at once; running the "
                         "command directly\n"));
  CHECK(box.read("starts") == "\n\n\n");
  const Words required{program, "--require-daemon"};
  CHECK(Started(box.direct(with(required, command(box)))).finish() ==
        exited(125, "", "reduce-run: cannot start a daemon: reduced ended at once\n"));
  CHECK(box.executions() == 1);
}

TEST_CASE("A daemon that is killed before it serves is started again without a word") {
  Sandbox box;
  const std::string mark = box.path("killed");
  const std::string program =
      with_daemon(box, "[ -e " + mark + " ] || { : >" + mark + "; kill -KILL $$; }\nexec " +
                           Sandbox::program("reduced") + " \"$@\"");
  CHECK(Started(box.direct(with({program}, command(box)))).finish() == exited(3, "x\n"));
  CHECK(box.daemons().size() == 1);
}

TEST_CASE("A daemon that finds another serving is no failure") {
  Sandbox box;
  // Another one serves before this one does.
  const std::string reduced = Sandbox::program("reduced") + " ";
  const std::string program =
      with_daemon(box, reduced + "--socket " + box.socket() + " 3>&- &\nwhile [ ! -S " +
                           box.socket() + " ]; do sleep 0.01; done; exec " + reduced + "\"$@\"");
  CHECK(Started(box.direct(with({program}, command(box)))).finish() == exited(3, "x\n"));
  CHECK(eventually([&] { return box.daemons().size() == 1; }));
}

TEST_CASE("Where the system has no place for a socket, the command runs directly") {
  Sandbox box;
  const auto [mounts, options, reason] = GENERATE(table<std::string, std::string, std::string>(
      {{"mount -t tmpfs -o ro none /tmp", "", "Read-only file system"},
       {"mount -t tmpfs -o nr_inodes=1 none /tmp", "", "No space left on device"},
       {"mkdir /run/ro && mount -t tmpfs -o ro none /run/ro", "--socket /run/ro/s",
        "Read-only file system"}}));
  INFO(mounts);
  const Result direct = call_among(box, mounts, options);
  if (direct.code == 99 || direct.code == 1) {
    WARN("no file system can be mounted here");
    return;
  }
  INFO(direct);
  CHECK(direct.code == 3);
  CHECK(direct.out == "x\n");
  CHECK(is_own_line(direct.err));
  CHECK(direct.err.find(": " + reason) != std::string::npos);
  const Result required = call_among(box, mounts, options + " --require-daemon");
  CHECK(required.code == 125);
  CHECK(required.out.empty());
  CHECK(is_own_line(required.err));
}

TEST_CASE("Where a sandbox or an old kernel lacks a system call, the command runs directly") {
  Sandbox box;
  const auto [number, code] = GENERATE(table<std::uint32_t, int>({
      {SYS_socket, EPERM},
      {SYS_socket, EAFNOSUPPORT},
      {SYS_pidfd_open, EPERM},
      {SYS_memfd_create, ENOSYS},
      {SYS_close_range, ENOSYS},
  }));
  INFO(number);
  Spawn spawn = box.call(command(box));
  spawn.before_exec = [number = number, code = code] { forbid(number, code); };
  const Result direct = Started(spawn).finish();
  INFO(direct);
  CHECK(direct.code == 3);
  CHECK(direct.out == "x\n");
  CHECK(is_own_line(direct.err));
  CHECK(box.executions() == 1);
  CHECK(eventually([&] { return box.daemons().empty(); }));
}
