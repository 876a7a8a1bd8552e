// Each bound of a daemon, reached from outside: one line names it and how to change it, and the
// command runs directly.

#include <signal.h>

#include <filesystem>
#include <regex>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/raw_client.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

/// What is called where a bound is reached.
Words command(const Sandbox& box) {
  return box.puppet({"out", "x\n", "exit", "3"});
}

bool names(const std::string& line, const std::string& bound) {
  return is_own_line(line) && line.find(bound) != std::string::npos &&
         line.find("reduced --") != std::string::npos;
}

void check_direct(const Sandbox& box, const Result& result, const std::string& bound) {
  INFO(result);
  CHECK(result.code == 3);
  CHECK(result.out == "x\n");
  CHECK(names(result.err, bound));
  CHECK(result.err.find("running the command directly") != std::string::npos);
  CHECK(box.executions() == 1);
}

void check_refused(const Sandbox& box, const Result& result, const std::string& bound) {
  INFO(result);
  CHECK(result.code == 125);
  CHECK(result.out.empty());
  CHECK(names(result.err, bound));
  CHECK(box.executions() == 0);
}

/// `change` makes the call one that is over the bound, where the daemon's state does not do so.
void check_bound(
    const Sandbox& box, const std::string& bound,
    const std::function<void(Spawn&)>& change = [](Spawn&) {}) {
  Spawn required = box.call(with({"--require-daemon"}, command(box)));
  change(required);
  check_refused(box, Started(required).finish(), bound);
  Spawn call = box.call(command(box));
  change(call);
  check_direct(box, Started(call).finish(), bound);
}

void check_served(const Sandbox& box) {
  const auto is_served = [&] {
    return box.run({"--require-daemon", "echo", "hi"}) == exited(0, "hi\n");
  };
  CHECK(eventually(is_served));
}

/// More than a socket takes at once.
void make_large(Spawn& call) {
  for (int n = 0; n < 10; ++n) call.set("LARGE" + std::to_string(n), std::string(100'000, 'x'));
}

/// A call that is stopped while it sends its request, until the daemon has let go of it.
Result call_in_two_parts(const Sandbox& box, const Started& daemon, const Words& options) {
  const std::size_t idle = settled_descriptors(daemon.pid());
  daemon.signal(SIGSTOP);
  Spawn call = box.call(with(with(options, {"--"}), command(box)));
  make_large(call);
  Started caller(call);
  // What it waits for can only be the daemon to read.
  REQUIRE(eventually([&] { return is_asleep(caller.pid()); }));
  caller.signal(SIGSTOP);
  daemon.signal(SIGCONT);
  REQUIRE(eventually([&] { return open_descriptors(daemon.pid()) > idle; }));
  REQUIRE(eventually([&] { return open_descriptors(daemon.pid()) == idle; }));
  caller.signal(SIGCONT);
  return caller.finish();
}

}  // namespace

TEST_CASE("The bound of callers is named, and the command runs directly") {
  Sandbox box;
  box.start_daemon({"--max-callers", "1"});
  Started waiting = box.start({"sh", "-c", "while [ ! -e gate ]; do sleep 0.05; done"});
  box.await_callers(1);
  check_bound(box, "1 callers (see reduced --max-callers)");
  box.touch("gate");
  CHECK(waiting.finish() == exited(0));
  check_served(box);
}

TEST_CASE("The bound of runs is named, and the command runs directly") {
  Sandbox box;
  box.start_daemon({"--max-runs", "1"});
  Started waiting = box.start({"sh", "-c", "while [ ! -e gate ]; do sleep 0.05; done"});
  box.await_callers(1);
  check_bound(box, "1 runs (see reduced --max-runs)");
  box.touch("gate");
  CHECK(waiting.finish() == exited(0));
  check_served(box);
}

TEST_CASE("The bound of connections is named, and the command runs directly") {
  Sandbox box;
  box.start_daemon({"--max-connections", "3", "--request-timeout", "1h"});
  std::vector<UniqueFd> silent;
  for (int n = 0; n < 3; ++n) silent.push_back(connect_raw(box.socket()));
  check_bound(box, "3 connections (see reduced --max-connections)");
  silent.clear();
  check_served(box);
}

TEST_CASE("A question over the bound of connections is told so") {
  Sandbox box;
  const std::string bound = "3 connections (see reduced --max-connections)";
  box.start_daemon({"--max-connections", "3", "--request-timeout", "1h"});
  std::vector<UniqueFd> silent;
  for (int n = 0; n < 3; ++n) silent.push_back(connect_raw(box.socket()));
  // The daemon hangs up before, while and after one is sent.
  for (int round = 0; round < 100; ++round) {
    const Result result = box.run({"--stats"});
    INFO(result);
    REQUIRE(result.code == 125);
    REQUIRE(names(result.err, bound));
  }
  Spawn explain = box.call(with({"--explain"}, command(box)));
  make_large(explain);
  check_refused(box, Started(explain).finish(), bound);
}

TEST_CASE("The bound of a request's size is named, and the command runs directly") {
  Sandbox box;
  box.start_daemon({"--max-request", "64K"});
  check_bound(box, "over the limit of 65536 (see reduced --max-request)", make_large);
  check_served(box);
}

TEST_CASE("The bound of arguments is named, and the command runs directly") {
  Sandbox box;
  box.start_daemon({"--max-args", "3"});
  check_bound(box, "3 arguments (see reduced --max-args)");
  check_served(box);
}

TEST_CASE("The bound of a request's time is named, and the command runs directly") {
  Sandbox box;
  Started& daemon = box.start_daemon({"--request-timeout", "1s"});
  const std::string bound = "within 1.00s (see reduced --request-timeout)";
  check_refused(box, call_in_two_parts(box, daemon, {"--require-daemon"}), bound);
  check_direct(box, call_in_two_parts(box, daemon, {}), bound);
  check_served(box);
}

TEST_CASE("A daemon says what it cannot work with, and does not begin") {
  Sandbox box;
  const Words words = GENERATE(Words{"--spool-limit", "0"}, Words{"--spool-total", "1K"},
                               Words{"--spool-dir", "/nonexistent"});
  CAPTURE(words[1]);
  const Result result = Started(box.direct(with({Sandbox::program("reduced")}, words))).finish();
  CHECK(result.code == 125);
  CHECK(result.out.empty());
  CHECK(result.err.find(words[0]) != std::string::npos);
  CHECK(result.err.starts_with("reduced: "));
}

TEST_CASE("Output is kept elsewhere where the spool folder has gone") {
  Sandbox box;
  std::filesystem::create_directory(box.path("spools"));
  box.start_daemon({"--spool-dir", box.path("spools"), "--segment-size", "4K"});
  std::filesystem::remove(box.path("spools"));
  const Result result = box.run({"--require-daemon", "head", "-c", "100000", "/dev/zero"});
  CHECK(result.code == 0);
  CHECK(result.out.size() == 100'000);
  CHECK(result.err.empty());
}

TEST_CASE("The manual tells of the bounds that are tried here, and of no others") {
  const std::string page = read_file(std::string(REDUCE_TEST_SOURCE) + "/cmd/reduced/reduced.1");
  const auto begin = page.find(".Ss Limits");
  const auto end = page.find(".Ss ", begin + 1);
  REQUIRE(end != std::string::npos);
  const std::string limits = page.substr(begin, end - begin);
  Words told;
  const std::regex item("\\n\\.It Fl -([a-z-]+)");
  for (auto at = std::sregex_iterator(limits.begin(), limits.end(), item);
       at != std::sregex_iterator(); ++at) {
    told.push_back(at->str(1));
  }
  CHECK(told == Words{"max-callers", "max-runs", "max-connections", "max-args", "max-request",
                      "request-timeout"});
  // What they have in common.
  CHECK(limits.find("with\n.Fl -require-daemon\nit exits with status 125") != std::string::npos);
  CHECK(limits.find("exits with status 125") == limits.rfind("exits with status 125"));
}
