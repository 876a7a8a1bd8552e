// Who gets in: one user's daemon serves that user's calls alone, whatever the modes of files say.
// The tests need root, who alone can be two users.

#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

constexpr uid_t kOther = 12345;

void become_other() {
  if (::setgroups(0, nullptr) != 0 || ::setgid(kOther) != 0 || ::setuid(kOther) != 0) ::_exit(97);
}

/// seccomp(2): one more, which lets everything pass.
void add_filter() {
  sock_filter pass{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
  const sock_fprog program{1, &pass};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    ::_exit(97);
  }
}

/// Everybody may come near the socket. Programs that another user is to run are copied to where it
/// may read.
void open_to_all(const Sandbox& box) {
  ::chmod(box.folder().c_str(), 0755);
  std::filesystem::copy_file(Sandbox::program("reduce-run"), box.path("reduce-run"));
  std::filesystem::copy_file(Sandbox::program("reduced"), box.path("reduced"));
}

Spawn as_other(const Sandbox& box, const Words& words) {
  Spawn spawn = box.direct(words);
  spawn.before_exec = become_other;
  spawn.cwd = std::string("/");
  return spawn;
}

}  // namespace

TEST_CASE("Another user's call is not served, though the socket lets it connect") {
  if (::geteuid() != 0) return;
  Sandbox box;
  Started& daemon = box.start_daemon();
  open_to_all(box);
  REQUIRE(::chmod(box.socket().c_str(), 0666) == 0);
  for (const char* question : {"--stats", "--list", "--stop"}) {
    Started other(as_other(box, {box.path("reduce-run"), question}));
    const Result result = other.finish();
    CHECK(result.code == 125);
    CHECK(result.out.empty());
    CHECK(is_own_line(result.err));
  }
  Started call(as_other(box, {box.path("reduce-run"), "echo", "hi"}));
  const Result result = call.finish();
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
  CHECK(daemon.is_running());
  CHECK(box.stats().at("total") == 0);
}

TEST_CASE("Another user's bytes are not read, whatever they are") {
  if (::geteuid() != 0) return;
  Sandbox box;
  box.start_daemon();
  open_to_all(box);
  REQUIRE(::chmod(box.socket().c_str(), 0666) == 0);
  // perl is everywhere that Debian is: connects, writes a --stop, and prints what comes.
  Started other(
      as_other(box, {"/usr/bin/perl", "-MSocket", "-e",
                     "socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un($ARGV[0])) or die;"
                     "$SIG{PIPE} = 'IGNORE'; syswrite(S, \"\\x01\\0\\0\\0\\x04\\x01\\0\\0\\x02\");"
                     "print sysread(S, $got, 100) ? 'answered' : 'nothing';",
                     box.socket()}));
  CHECK(other.finish().out == "nothing");
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("A daemon of another user in the socket's place gets nothing of a call") {
  if (::geteuid() != 0) return;
  Sandbox box;
  // Its folder is root's; what it did to get there is not the point.
  ::chmod(box.folder().c_str(), 0755);
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, box.socket().c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::chmod(box.socket().c_str(), 0666);
  // listen(2) is what the kernel takes the other end's credentials from (unix(7)).
  REQUIRE(::seteuid(kOther) == 0);
  const int listening = ::listen(listener.get(), 10);
  REQUIRE(::seteuid(0) == 0);
  REQUIRE(listening == 0);

  for (const char* option : {"--quiet", "-v", "--stats"}) {
    Words words{option};
    if (words[0] != "--stats") words.push_back("true");
    const Result result = box.run(words);
    CHECK(result.code == 125);
    CHECK(result.out.empty());
    CHECK(is_own_line(result.err));
    CHECK(result.err.find("another user's daemon") != std::string::npos);
    char byte;
    const UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    CHECK(::recv(accepted.get(), &byte, 1, MSG_DONTWAIT) <= 0);
  }
}

TEST_CASE("A socket folder under a folder of another user is refused") {
  if (::geteuid() != 0) return;
  Sandbox box;
  std::filesystem::create_directories(box.path("theirs/mine"));
  ::chmod(box.path("theirs").c_str(), 0755);
  ::chmod(box.path("theirs/mine").c_str(), 0700);
  REQUIRE(::chown(box.path("theirs").c_str(), kOther, kOther) == 0);
  const std::string socket = box.path("theirs/mine/s");
  const Result client = box.run({"--socket", socket, "echo", "hi"});
  CHECK(client.code == 125);
  CHECK(is_own_line(client.err));
  CHECK(client.err.find(box.path("theirs") + ": it belongs to another user") != std::string::npos);
  Started daemon(box.direct({Sandbox::program("reduced"), "--socket", socket}));
  const Result refused = daemon.finish();
  CHECK(refused.code == 125);
  CHECK(refused.err.starts_with("reduced: socket folder "));
}

TEST_CASE("A lock file that another user made is refused") {
  if (::geteuid() != 0) return;
  Sandbox box;
  box.write("v1.sock.lock", "");
  REQUIRE(::chown(box.path("v1.sock.lock").c_str(), kOther, kOther) == 0);
  const Result result = box.run({"--require-daemon", "echo", "hi"});
  CHECK(result.code == 125);
  CHECK(result.err.find("belongs to another user") != std::string::npos);
  const Result direct = box.run({"echo", "hi"});
  CHECK(direct.code == 0);
  CHECK(direct.out == "hi\n");
}

TEST_CASE("The socket is for its user alone") {
  Sandbox box;
  box.start_daemon();
  struct stat found {};
  REQUIRE(::lstat(box.socket().c_str(), &found) == 0);
  CHECK(S_ISSOCK(found.st_mode));
  CHECK((found.st_mode & 07777) == 0600);
  REQUIRE(::lstat(box.path("v1.sock.lock").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
}

TEST_CASE("Whatever the umask, what is made is for its user, who can use it") {
  Sandbox box;
  const mode_t mask = GENERATE(0777, 0700, 0);
  Spawn call = box.call({"sh", "-c", "umask"});
  call.before_exec = [mask] { ::umask(mask); };
  const std::string shown = mask == 0777 ? "0777" : mask == 0700 ? "0700" : "0000";
  CHECK(Started(call).finish() == exited(0, shown + "\n"));
  REQUIRE(box.daemons().size() == 1);
  CHECK(box.run({"--stop"}) == exited(0));
  REQUIRE(eventually([&] { return box.daemons().empty(); }));
  for (const char* name : {"v1.sock.lock", ".local", ".local/state/reduce"}) {
    INFO(name);
    struct stat found {};
    REQUIRE(::lstat(box.path(name).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == (S_ISDIR(found.st_mode) ? 0700 : 0600));
  }
}

TEST_CASE("A call from a narrower sandbox than its daemon's runs there") {
  Sandbox box;
  Spawn serve = box.direct({Sandbox::program("reduced"), "--socket", box.socket()});
  serve.before_exec = [] { add_filter(); };
  Started daemon(std::move(serve));
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  const auto call = [&](int filters) {
    Spawn spawn = box.call({"echo", "hi"});
    spawn.before_exec = [filters] {
      for (int n = 0; n < filters; ++n) add_filter();
    };
    return Started(std::move(spawn)).finish();
  };
  CHECK(call(1) == exited(0, "hi\n"));
  CHECK(box.stats().at("direct") == 0);
  for (const int filters : {0, 2, 3}) CHECK(call(filters) == exited(0, "hi\n"));
  CHECK(box.stats().at("direct") == 3);
  CHECK(box.stats().at("executed") == 1);
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("A process that cannot be had for want of processes: 125 and one line for each caller") {
  if (::geteuid() != 0) return;
  Sandbox box;
  open_to_all(box);
  std::filesystem::create_directory(box.path("theirs"));
  REQUIRE(::chown(box.path("theirs").c_str(), kOther, kOther) == 0);
  const std::string socket = box.path("theirs/s");
  Spawn serve = as_other(box, {box.path("reduced"), "--socket", socket});
  serve.set("HOME", box.path("theirs"));
  Started daemon(std::move(serve));
  const auto call = [&](const Words& words) {
    Spawn spawn = as_other(
        box, with({box.path("reduce-run"), "--socket", socket, "--require-daemon", "--no-start"},
                  words));
    return Started(std::move(spawn)).finish();
  };
  REQUIRE(eventually([&] { return call({"true"}).code == 0; }));
  const auto limit_processes = [&](const std::string& most) {
    Started limits(as_other(
        box, {"/usr/bin/prlimit", "--pid", std::to_string(daemon.pid()), "--nproc=" + most + ":"}));
    REQUIRE(limits.finish().code == 0);
  };
  // getrlimit(2): the limit is looked at when a process is made. The daemon is one already.
  limit_processes("1");
  const Result refused = call({"echo", "hi"});
  CHECK(refused.code == 125);
  CHECK(refused.out.empty());
  CHECK(is_own_line(refused.err));
  CHECK(refused.err.find("cannot start the process") != std::string::npos);
  limit_processes("1000");
  CHECK(call({"echo", "hi"}) == exited(0, "hi\n"));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish().code == 0);
}
