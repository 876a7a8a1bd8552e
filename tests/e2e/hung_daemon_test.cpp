// A daemon that is there and does nothing holds nobody up who has had enough.

#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

constexpr unsigned char kNotice = 65, kRefused = 67;

Words command(const Sandbox& box) {
  return box.puppet({"out", "x\n", "exit", "3"});
}

/// More than a socket takes at once.
Spawn large_call(const Sandbox& box, const Words& options) {
  Spawn call = box.call(with(options, command(box)));
  for (int n = 0; n < 10; ++n) call.set("LARGE" + std::to_string(n), std::string(100'000, 'x'));
  return call;
}

Started start_asleep(Spawn call) {
  Started caller(std::move(call));
  REQUIRE(eventually([&] { return is_asleep(caller.pid()); }));
  return caller;
}

/// Stands in a daemon's place, with room for one connection that is not accepted.
class FakeDaemon {
 public:
  explicit FakeDaemon(const std::string& path)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 0) == 0);
  }
  UniqueFd accept() const {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(connection);
    return connection;
  }

 private:
  UniqueFd listener_;
};

int number_of(const UniqueFd& socket, unsigned long question) {
  int number = -1;
  REQUIRE(::ioctl(socket.get(), question, &number) == 0);
  return number;
}

/// Sends notices, each once the one before was taken, until their answers do not come any more:
/// nobody reads those.
void fill_with_answers(const UniqueFd& connection, const Started& caller) {
  const std::string notice = raw_frame(kNotice, std::string_view("\0\0\0\0", 4));
  for (int before = -1, now = number_of(connection, FIONREAD); now > before;) {
    before = now;
    send_raw(connection, notice);
    REQUIRE(eventually(
        [&] { return number_of(connection, SIOCOUTQ) == 0 && is_asleep(caller.pid()); }));
    now = number_of(connection, FIONREAD);
  }
}

const Words& some_options() {
  static const Words kWays[] = {{}, {"--"}, {"--stdin=none"}};
  return kWays[GENERATE(range(0, 3))];
}

}  // namespace

TEST_CASE("A signal ends a caller at once while its request is not sent") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  const Words& options = some_options();
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP, SIGQUIT);
  daemon.signal(SIGSTOP);
  Started caller = start_asleep(large_call(box, options));
  caller.signal(number);
  CHECK(caller.finish() == signaled(number));
  daemon.signal(SIGCONT);
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.executions() == 0);
}

TEST_CASE("One signal ends the caller of a daemon that hangs, before its run or in it") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  const auto [is_in_it, number] = GENERATE(table<bool, int>({{true, SIGINT}, {false, SIGTERM}}));
  if (!is_in_it) daemon.signal(SIGSTOP);
  Started caller = box.start(box.puppet({"wait-for", box.path("gate")}));
  if (is_in_it) {
    REQUIRE(eventually([&] { return box.executions() == 1; }));
    daemon.signal(SIGSTOP);
  }
  REQUIRE(eventually([&] { return is_asleep(caller.pid()); }));
  caller.signal(number);
  CHECK(caller.finish() == signaled(number));
  daemon.signal(SIGCONT);
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  // Nobody waits for its run any more.
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
}

TEST_CASE("A daemon that reads nothing for long is as good as none: the command runs directly") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  daemon.signal(SIGSTOP);
  const FakeDaemon full(box.path("full"));
  const UniqueFd first = connect_raw(box.path("full"));
  std::vector<Started> callers;
  for (const Words& options : {Words{}, Words{"--"}}) {
    callers.push_back(box.start(with(options, command(box))));
    callers.emplace_back(large_call(box, options));
    Spawn call = box.call(with(options, command(box)));
    call.set("REDUCE_SOCKET", box.path("full"));
    callers.emplace_back(call);
  }
  Started required = box.start(with({"--require-daemon"}, command(box)));
  const std::string said = "reduce-run: the daemon does not answer (see reduce-run --doctor)";
  for (Started& caller : callers) {
    CHECK(caller.finish() == exited(3, "x\n", said + "; running the command directly\n"));
  }
  CHECK(required.finish() == exited(125, "", said + "\n"));
  CHECK(box.executions() == callers.size());
  // What nobody waits for any more is not run again.
  daemon.signal(SIGCONT);
  CHECK(box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.stats().at("executed") == 1);
  CHECK(box.executions() == callers.size());
}

TEST_CASE("A signal that is ignored does not end a caller while its request is not sent") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  daemon.signal(SIGSTOP);
  Spawn call = large_call(box, {});
  call.before_exec = [] { ::signal(SIGHUP, SIG_IGN); };
  Started caller = start_asleep(std::move(call));
  caller.signal(SIGHUP);
  daemon.signal(SIGCONT);
  CHECK(caller.finish() == exited(3, "x\n"));
}

TEST_CASE("The time of a wait counts while the request is not sent") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  daemon.signal(SIGSTOP);
  const Result tired = Started(large_call(box, {"--wait-timeout=100ms"})).finish();
  CHECK(tired.code == 75);
  CHECK(is_own_line(tired.err));
  CHECK(box.executions() == 0);
  const Words options{"--wait-timeout=100ms", "--on-wait-timeout=run"};
  const Result direct = Started(large_call(box, options)).finish();
  CHECK(direct.code == 3);
  CHECK(direct.out == "x\n");
  CHECK(is_own_line(direct.err));
}

TEST_CASE("A request that a dying daemon has read in part is made again elsewhere") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  const Words& options = some_options();
  daemon.signal(SIGSTOP);
  Started caller = start_asleep(large_call(box, options));
  daemon.signal(SIGKILL);
  CHECK(caller.finish() == exited(3, "x\n"));
  CHECK(box.executions() == 1);
}

TEST_CASE("Where a daemon accepts nobody, a signal and the time of the wait end a caller") {
  Sandbox box;
  const FakeDaemon daemon(box.socket());
  const UniqueFd first = connect_raw(box.socket());
  const int number = GENERATE(SIGINT, SIGTERM);
  Started caller = start_asleep(box.call(with(some_options(), command(box))));
  caller.signal(number);
  CHECK(caller.finish() == signaled(number));
  CHECK(box.run(with({"--wait-timeout=100ms"}, command(box))).code == 75);
  CHECK(box.executions() == 0);
}

TEST_CASE("A caller waits for its turn to be accepted") {
  Sandbox box;
  const FakeDaemon daemon(box.socket());
  const UniqueFd first = connect_raw(box.socket());
  Started caller = start_asleep(box.call(with(some_options(), command(box))));
  static_cast<void>(daemon.accept());
  send_raw(daemon.accept(), raw_frame(kRefused, "\001for this test"));
  CHECK(caller.finish() ==
        exited(3, "x\n", "reduce-run: for this test; running the command directly\n"));
}

TEST_CASE("A second signal ends a caller whose answers nobody reads") {
  Sandbox box;
  const FakeDaemon daemon(box.socket());
  Started caller = box.start(with(some_options(), command(box)));
  const UniqueFd connection = daemon.accept();
  fill_with_answers(connection, caller);
  const auto has_ended = [&] {
    caller.signal(SIGINT);
    return !caller.is_running();
  };
  CHECK(eventually(has_ended));
  CHECK(caller.finish() == signaled(SIGINT));
}
