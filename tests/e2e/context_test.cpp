// The process has what its caller has; who differs from the daemon is not served by it.

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

const Words kShow = {"/bin/sh", "-c", "umask; ulimit -a; pwd -P; id; nice"};

/// The same with and without reduce-run?
void check_same(const Sandbox& box, const std::function<void()>& change, const std::string& cwd) {
  Spawn direct = box.direct(kShow);
  Spawn call = box.call(kShow);
  direct.cwd = call.cwd = cwd;
  direct.before_exec = call.before_exec = change;
  const Result expected = Started(direct).finish();
  REQUIRE(expected.code == 0);
  CHECK(Started(call).finish() == expected);
}

/// Wraps a command in another program, if that works here.
bool works(const Sandbox& box, const Words& wrapper) {
  return Started(box.direct(with(wrapper, {"/bin/true"}))).finish().code == 0;
}

/// The call is made under `wrapper` by a daemon's user, and is not served by the daemon.
void check_not_served(const Words& wrapper, const std::string& reason) {
  Sandbox box;
  if (!works(box, wrapper)) {
    WARN("cannot be tried here: " << wrapper.front());
    return;
  }
  box.start_daemon();
  Spawn call = box.call({"-v", "echo", "x"});
  call.argv = with(wrapper, call.argv);
  call.argv[wrapper.size()] = Sandbox::program("reduce-run");
  call.program.clear();
  const Result seen = Started(call).finish();
  CHECK(seen.code == 0);
  CHECK(seen.out == "x\n");
  CHECK(seen.err.find(reason) != std::string::npos);
  CHECK(box.stats().at("executed") == 0);
}

/// Makes of root one without capabilities, of low limit and priority, but for what has `more`.
void be_little(const std::string& more) {
  const rlimit low{256, 256};
  if (more != "higher resource limit") ::setrlimit(RLIMIT_NOFILE, &low);
  if (more != "higher priority") ::setpriority(PRIO_PROCESS, 0, 5);
  const gid_t other = 12'345;
  if (more == "other groups") ::setgroups(1, &other);
  // One after the last that there is fails. Root has none of them after execve(2).
  for (unsigned long number = 0; ::prctl(PR_CAPBSET_DROP, number) == 0; ++number) {
  }
}

}  // namespace

TEST_CASE("A process has its caller's directory, umask, limits, groups and nice value") {
  const Sandbox box;
  SECTION("as they are") {
    check_same(
        box, [] {}, box.folder());
  }
  SECTION("umask") {
    check_same(
        box, [] { ::umask(0137); }, "/");
  }
  SECTION("limits") {
    const auto lower = [] {
      for (const auto resource : {RLIMIT_NOFILE, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_FSIZE}) {
        rlimit limit{};
        ::getrlimit(resource, &limit);
        limit.rlim_cur = 512;
        ::setrlimit(resource, &limit);
      }
    };
    check_same(box, lower, "/usr");
  }
  SECTION("nice value") {
    check_same(
        box, [] { ::setpriority(PRIO_PROCESS, 0, 11); }, box.folder());
  }
}

TEST_CASE("A directory that was renamed after the caller entered it is the process's") {
  Sandbox box;
  box.start_daemon();
  ::mkdir(box.path("before").c_str(), 0700);
  Spawn call = box.call({"pwd", "-P"});
  const std::string before = box.path("before"), after = box.path("after");
  call.before_exec = [before, after] {
    if (::chdir(before.c_str()) != 0 || ::rename(before.c_str(), after.c_str()) != 0) ::_exit(99);
  };
  CHECK(Started(call).finish() == exited(0, after + "\n"));
}

TEST_CASE("A caller with no_new_privs is not served by a daemon without") {
  check_not_served({"/usr/bin/setpriv", "--no-new-privs"}, "no_new_privs");
}

TEST_CASE("Root without root's capabilities is not served by a daemon that has them") {
  if (::geteuid() != 0) return;
  check_not_served({"/usr/bin/setpriv", "--bounding-set", "-all"}, "capabilities");
}

TEST_CASE("Root without capabilities, as in a container, is served by a daemon that is the same") {
  if (::geteuid() != 0) return;
  Sandbox box;
  Spawn service = box.direct({Sandbox::program("reduced"), "--socket", box.socket()});
  service.before_exec = [] { be_little({}); };
  Started daemon(service);
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  const std::string more = GENERATE("", "higher resource limit", "higher priority", "other groups");
  Spawn call = box.call({"-v", "echo", "x"});
  call.before_exec = [more] { be_little(more); };
  const Result seen = Started(call).finish();
  INFO(seen);
  CHECK(seen.code == 0);
  CHECK(seen.out == "x\n");
  CHECK(seen.err.find(more) != std::string::npos);
  CHECK(box.stats().at("executed") == (more.empty() ? 1 : 0));
}

TEST_CASE("A caller in another namespace is not served") {
  check_not_served({"/usr/bin/unshare", "--net"}, "net namespace");
  check_not_served({"/usr/bin/unshare", "--mount"}, "mnt namespace");
}

TEST_CASE("What keeps a call from a run of the same arguments is said with -v") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate")});
  Started first = box.start(command);
  box.await_callers(1);
  Spawn call = box.call(with({"-v"}, command));
  call.set("CFLAGS", "secret-value");
  Started second(call);
  box.await_callers(2);
  const auto explained = Started(box.call(with({"--explain", "--json"}, command))).finish();
  const auto json = nlohmann::json::parse(explained.out);
  REQUIRE(json.at("runs").size() == 2);
  CHECK(json.at("runs")[0].at("differs").empty());
  CHECK(json.at("runs")[1].at("differs") == nlohmann::json::array({"variable CFLAGS"}));
  Spawn ask = box.call(with({"--explain"}, command));
  ask.set("CFLAGS", "secret-value");
  const Result text = Started(ask).finish();
  CHECK(text.code == 0);
  CHECK(text.out.find("variable CFLAGS") != std::string::npos);
  CHECK(text.out.find("secret-value") == std::string::npos);
  box.touch("gate");
  CHECK(first.finish() == exited(0));
  const Result seen = second.finish();
  CHECK(seen.code == 0);
  CHECK(seen.err.find("variable CFLAGS") != std::string::npos);
  CHECK(seen.err.find("secret-value") == std::string::npos);
}

TEST_CASE("A call within its own run does not wait for itself, at any depth") {
  Sandbox box;
  const std::string program = Sandbox::program("reduce-run");
  // Each process finds by a file how deep it is: environment and arguments are equal.
  box.write("deep.sh", "echo x >>depth\n[ $(wc -l <depth) -ge 4 ] && exit 9\nexec " + program +
                           " sh deep.sh\n");
  Spawn call = box.call({"sh", "deep.sh"});
  call.cwd = box.folder();
  CHECK(Started(call).finish() == exited(9));
  CHECK(box.read("depth") == "x\nx\nx\nx\n");
}

TEST_CASE("Two commands that call one another do not wait in a circle") {
  Sandbox box;
  const std::string program = Sandbox::program("reduce-run");
  box.write("a.sh",
            "echo a >>depth\n[ $(wc -l <depth) -ge 5 ] && exit 7\n" + program + " sh b.sh\n");
  box.write("b.sh",
            "echo b >>depth\n[ $(wc -l <depth) -ge 5 ] && exit 7\n" + program + " sh a.sh\n");
  Spawn call = box.call({"sh", "a.sh"});
  call.cwd = box.folder();
  CHECK(Started(call).finish() == exited(7));
}

TEST_CASE("Two runs that were started apart do not come to wait for one another") {
  Sandbox box;
  const std::string program = Sandbox::program("reduce-run");
  const std::string wait = "while [ ! -e go ]; do sleep 0.01; done\n";
  box.write("a.sh",
            "echo a >>ran\n" + wait + "[ $(wc -l <ran) -gt 2 ] || " + program + " sh b.sh\n");
  box.write("b.sh",
            "echo b >>ran\n" + wait + "[ $(wc -l <ran) -gt 2 ] || " + program + " sh a.sh\n");
  Spawn a = box.call({"sh", "a.sh"}), b = box.call({"sh", "b.sh"});
  a.cwd = b.cwd = box.folder();
  Started one(a);
  box.await_callers(1);
  Started other(b);
  box.await_callers(2);
  box.touch("go");
  CHECK(one.finish() == exited(0));
  CHECK(other.finish() == exited(0));
}

TEST_CASE("A call within make is not told of a job server that it cannot reach") {
  Sandbox box;
  const std::string program = Sandbox::program("reduce-run");
  box.write("Makefile", "all:\n\t+@" + program + " make -f inner.mk\n");
  box.write("inner.mk", "all:\n\t@echo inner\n");
  Spawn call = box.direct({"/usr/bin/make", "-j4"});
  call.cwd = box.folder();
  const Result seen = Started(call).finish();
  CHECK(seen.code == 0);
  CHECK(seen.out.find("inner") != std::string::npos);
  CHECK(seen.err.empty());
}
