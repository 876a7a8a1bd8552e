// Many at once, well-behaved or not: every call ends right.

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "support/catch.hpp"
#include "support/e2e/measured.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/paced_reader.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

const std::size_t kWaiters = is_sanitized() ? 150 : 1000;

/// Reads what is there; true at its end.
bool is_closed(const UniqueFd& client) {
  char bytes[4096];
  for (;;) {
    const ssize_t got = ::recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got == 0) return true;
    if (got < 0) return errno != EAGAIN;
  }
}

/// The slowest of so many calls, one after another, each of which the daemon must serve.
std::chrono::milliseconds slowest_call(const Sandbox& box, int count) {
  std::chrono::milliseconds slowest{};
  for (int n = 0; n < count; ++n) {
    const StopWatch watch;
    const std::string text = std::to_string(n);
    CHECK(box.run({"--require-daemon", "echo", text}) == exited(0, text + "\n"));
    slowest = std::max(slowest, watch.elapsed());
  }
  return slowest;
}

/// So many calls at once, each of which the daemon must serve.
void check_calls_at_once(const Sandbox& box, int count) {
  std::vector<Started> callers;
  for (int n = 0; n < count; ++n) {
    callers.push_back(box.start({"--require-daemon", "echo", std::to_string(n)}));
  }
  for (int n = 0; n < count; ++n) {
    CHECK(callers[static_cast<std::size_t>(n)].finish() == exited(0, std::to_string(n) + "\n"));
  }
}

/// Of callers, too: a daemon of lower limits is none for them.
Spawn with_descriptors(Spawn spawn, rlim_t most) {
  spawn.before_exec = [most] {
    const rlimit limit{most, most};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
  return spawn;
}

/// One of a hundred and fifty commands at once, every fifth of them the same.
struct Asked {
  int number;
  bool is_shared() const { return number % 5 == 0; }
  std::uint64_t seed() const { return is_shared() ? 1 : 1000 + static_cast<unsigned>(number); }
  int code() const { return is_shared() ? 3 : number % 100; }
  Words command(const Sandbox& box) const {
    return box.puppet(
        {"noise", std::to_string(seed()), "20000", "out", "exit", std::to_string(code())});
  }
};

/// Right bytes, right status. Whether it was sent away to run without the daemon.
bool check_ended_right(const Asked& asked, const Result& result) {
  INFO("call " << asked.number << ": " << result);
  CHECK(result.code == asked.code());
  NoiseCheck check(asked.seed());
  check.take(result.out);
  CHECK(check.is_whole(20'000));
  CHECK((result.err.empty() || is_own_line(result.err)));
  return !result.err.empty();
}

}  // namespace

TEST_CASE("300 hostile connections at once delay no call and fail none") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  const auto alone = slowest_call(box, 30);
  const std::size_t idle = settled_descriptors(daemon.pid());
  std::vector<UniqueFd> hostile;
  for (unsigned n = 0; n < 300; ++n) {
    const auto how = static_cast<Misbehaviour>(n % static_cast<unsigned>(Misbehaviour::count));
    hostile.push_back(misbehave(box.socket(), how, n));
  }
  const auto among = slowest_call(box, 30);
  check_calls_at_once(box, 30);
  tell_measured("300 hostile connections: 60 of 60 calls served, slowest of 30 " +
                std::to_string(among.count()) + " ms, without them " +
                std::to_string(alone.count()) + " ms");
  hostile.clear();
  CHECK(eventually([&] { return open_descriptors(daemon.pid()) == idle; }));
  CHECK(box.daemon_pid() == daemon.pid());
}

TEST_CASE("500 silent connections keep no call out, and are closed in time") {
  Sandbox box;
  Started& daemon = box.start_daemon({"--request-timeout", "3s"});
  REQUIRE(box.run({"true"}) == exited(0));
  const std::size_t idle = settled_descriptors(daemon.pid());
  const StopWatch watch;
  std::vector<UniqueFd> silent;
  for (int n = 0; n < 500; ++n) silent.push_back(connect_raw(box.socket()));
  const auto slowest = slowest_call(box, 30);
  const auto open = [&] {
    return std::ranges::count_if(silent, [](const UniqueFd& one) { return !is_closed(one); });
  };
  tell_measured("500 silent connections, " + std::to_string(open()) +
                " still open: 30 of 30 calls served, slowest " + std::to_string(slowest.count()) +
                " ms");
  CHECK(eventually([&] { return open() == 0; }));
  tell_measured("500 silent connections: closed after " + watch.text() + " of 3s allowed");
  CHECK(eventually([&] { return open_descriptors(daemon.pid()) == idle; }));
}

TEST_CASE("150 calls at once end right with a daemon that may open 64 descriptors") {
  Sandbox box;
  Started daemon(
      with_descriptors(box.direct({Sandbox::program("reduced"), "--socket", box.socket()}), 64));
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  const std::size_t idle = settled_descriptors(daemon.pid());
  std::vector<Started> callers;
  for (int n = 0; n < 150; ++n)
    callers.emplace_back(with_descriptors(box.call(Asked{n}.command(box)), 64));
  int sent_away = 0;
  for (int n = 0; n < 150; ++n) {
    sent_away += check_ended_right({n}, callers[static_cast<std::size_t>(n)].finish());
  }
  tell_measured("150 calls at once, 64 descriptors: all right, " + std::to_string(150 - sent_away) +
                " by the daemon, " + std::to_string(sent_away) + " directly");
  CHECK(box.executions() <= 150);
  CHECK(eventually([&] { return open_descriptors(daemon.pid()) == idle; }));
  Spawn plain = with_descriptors(box.call({"--require-daemon", "echo", "hi"}), 64);
  CHECK(Started(plain).finish() == exited(0, "hi\n"));
  CHECK(daemon.is_running());
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("Callers that wait take no descriptors that runs need") {
  constexpr std::size_t kRuns = 4, kJoining = 100;
  Sandbox box;
  Started daemon(with_descriptors(
      box.direct({Sandbox::program("reduced"), "--socket", box.socket(), "--stall-timeout", "1h"}),
      64));
  REQUIRE(eventually([&] { return box.daemon_pid() == daemon.pid(); }));
  // What it writes comes once all callers are there.
  const auto command = [&](std::size_t n) {
    return box.puppet({"wait-for", box.path("gate"), "out", std::to_string(n) + "\n", "wait-for",
                       box.path("end"), "exit", "3"});
  };
  std::vector<Started> callers;
  for (std::size_t n = 0; n < kRuns; ++n) {
    callers.emplace_back(with_descriptors(box.call(command(n)), 64));
  }
  box.await_callers(kRuns);
  for (std::size_t n = 0; n < kJoining; ++n) {
    callers.emplace_back(with_descriptors(box.call(command(0)), 64));
  }
  // Those that the daemon does not serve run the command themselves.
  REQUIRE(eventually([&] {
    const auto told = box.stats();
    if (told.is_null()) return false;
    const auto served = told.at("callers").get<std::size_t>();
    return served + box.executions() >= 2 * kRuns + kJoining;
  }));
  box.touch("gate");
  for (std::size_t n = 0; n < kRuns; ++n) {
    CHECK(eventually([&] { return callers[n].out() == std::to_string(n) + "\n"; }));
  }
  box.touch("end");
  int sent_away = 0;
  for (std::size_t n = 0; n < callers.size(); ++n) {
    const Result result = callers[n].finish();
    INFO(result);
    CHECK(result.code == 3);
    CHECK(result.out == std::to_string(n < kRuns ? n : 0) + "\n");
    CHECK((result.err.empty() || is_own_line(result.err)));
    sent_away += !result.err.empty();
  }
  tell_measured("104 callers of four commands, 64 descriptors: all right, " +
                std::to_string(sent_away) + " directly");
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("A thousand callers that wait for one run all get its outcome") {
  Sandbox box;
  box.start_daemon();
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "x\n", "exit", "3"});
  std::vector<Started> callers;
  for (std::size_t n = 0; n < kWaiters; ++n) {
    Spawn call = box.call(command);
    call.out = Target::file(box.path("out-" + std::to_string(n)));
    call.err = Target::like_out();
    callers.emplace_back(call);
  }
  box.await_callers(kWaiters);
  const StopWatch watch;
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(3));
  tell_measured(std::to_string(kWaiters) + " callers of one run: all have its outcome " +
                watch.text() + " after its end was allowed");
  for (std::size_t n = 0; n < kWaiters; ++n) {
    CHECK(box.read("out-" + std::to_string(n)) == "x\n");
  }
  CHECK(box.executions() == 1);
}

TEST_CASE("One stopped caller among readers of 600 MB: the others finish, it is let go") {
  Sandbox box;
  constexpr std::uint64_t kSize = 600'000'000;
  box.start_daemon({"--spool-limit", "64M", "--stall-timeout", "2s"});
  const Words command = write_noise(box, kSize);
  PacedReader stopped(box, command), fast(box, command), slow(box, command);
  box.await_callers(3);
  stopped.caller().signal(SIGSTOP);
  const StopWatch watch;
  box.touch("gate");
  read_all({{fast, kMebibyte}, {slow, 40'000}});
  for (PacedReader* reader : {&fast, &slow}) {
    CHECK(reader->caller().finish() == exited(4));
    CHECK(reader->check().is_whole(kSize));
  }
  stopped.caller().signal(SIGCONT);
  // It has not read a byte: what was kept for it is gone, all but what it holds itself.
  read_all({{stopped, kMebibyte}});
  check_let_go(stopped, kSize);
  tell_measured("600 MB, 64 MiB kept, one of three callers stopped: two have every byte after " +
                watch.text() + ", the third " + std::to_string(stopped.check().size()) +
                " bytes, 125 and one line");
  CHECK(box.executions() == 1);
}
