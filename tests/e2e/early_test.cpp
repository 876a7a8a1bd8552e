// A plain call's request goes out before the C library is set up. That makes no difference but
// time: the same command with an option that does not count, which goes the ordinary way, is the
// same.

#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate")});
}

/// The calls, one after another, while their runs are in flight: how many runs there were.
std::size_t count_runs(const Sandbox& box, const std::vector<Spawn>& calls) {
  std::list<Started> callers;
  for (const Spawn& call : calls) {
    callers.emplace_back(call);
    box.await_callers(callers.size());
  }
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0));
  return box.executions();
}

/// The plain call and those of the ordinary way, all changed likewise.
template <class Change>
std::vector<Spawn> both_ways(const Sandbox& box, Change change) {
  std::vector<Spawn> calls;
  for (const Words& options : {Words{}, Words{"--"}, Words{"--linger", "0"}, Words{}}) {
    calls.push_back(box.call(with(options, gated(box))));
    change(calls.back());
  }
  return calls;
}

struct Surroundings {
  const char* name;
  void (*change)(const Sandbox& box, Spawn& call);
};

const Surroundings kSurroundings[] = {
    {"next to no environment",
     [](const Sandbox& box, Spawn& call) { call.env = {"REDUCE_SOCKET=" + box.socket()}; }},
    {"odd variables",
     [](const Sandbox&, Spawn& call) {
       call.env.insert(call.env.begin(), {"", "=", "NOEQUALS", "TWICE=1", "TWICE=2"});
       call.env.emplace_back("");
     }},
    {"much environment",
     [](const Sandbox&, Spawn& call) {
       for (int n = 0; n < 18; ++n)
         call.set(std::string("V").append(std::to_string(n)), std::string(100'000, 'x'));
     }},
    {"a long argument",
     [](const Sandbox&, Spawn& call) {
       call.argv.emplace_back("exit");
       call.argv.emplace_back(std::string(100'000, '0'));
     }},
    {"many arguments",
     [](const Sandbox&, Spawn& call) {
       for (int n = 0; n < 5000; ++n) call.argv.insert(call.argv.end(), {"err", ""});
     }},
    {"another umask", [](const Sandbox&, Spawn& call) { call.before_exec = [] { ::umask(07); }; }},
    {"niceness", [](const Sandbox&,
                    Spawn& call) { call.before_exec = [] { ::setpriority(PRIO_PROCESS, 0, 7); }; }},
    {"other limits",
     [](const Sandbox&, Spawn& call) {
       call.before_exec = [] {
         const rlimit few{100, 200}, stack{4 << 20, RLIM_INFINITY};
         ::setrlimit(RLIMIT_NOFILE, &few);
         ::setrlimit(RLIMIT_STACK, &stack);
       };
     }},
};

/// The same ends and outputs of both ways.
template <class Change>
Result check_same(const Sandbox& box, const Words& command, Change change) {
  Spawn plain = box.call(command), ordinary = box.call(with({"--"}, command));
  change(plain);
  change(ordinary);
  const Result result = Started(plain).finish();
  CHECK(result == Started(ordinary).finish());
  return result;
}

}  // namespace

TEST_CASE("A plain call shares the run of one with options that do not count") {
  Sandbox box;
  box.start_daemon();
  CHECK(count_runs(box, both_ways(box, [](Spawn&) {})) == 1);
}

TEST_CASE("Also where there is little or much around it") {
  Sandbox box;
  box.start_daemon();
  const Surroundings& row =
      kSurroundings[GENERATE(range(std::size_t{0}, std::size(kSurroundings)))];
  INFO(row.name);
  if (std::string(row.name) == "much environment") {
    // execve(2): a quarter of the stack's limit is for arguments and environment.
    rlimit limit{};
    ::getrlimit(RLIMIT_STACK, &limit);
    if (limit.rlim_cur < 8 << 20) return;
  }
  const auto change = [&](Spawn& call) { row.change(box, call); };
  CHECK(count_runs(box, both_ways(box, change)) == 1);
}

TEST_CASE("What a plain call's command is given is what the ordinary way gives") {
  Sandbox box;
  box.start_daemon();
  const auto nothing = [](Spawn&) {};
  const Words steps =
      GENERATE(Words{"print-env", "REDUCE_SOCKET"}, Words{"print-cwd"}, Words{"print-umask"},
               Words{"print-files-limit"}, Words{"print-nice"}, Words{"print-fds"},
               Words{"print-args", "", "a b", "\xff"}, Words{"print-stdin"});
  const Result result = check_same(box, box.puppet(steps), nothing);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
}

TEST_CASE("A plain call has its own command's words, all of them") {
  Sandbox box;
  box.start_daemon();
  Words words;
  std::string expected;
  for (int n = 0; n < 1000; ++n) {
    words.push_back(std::string(static_cast<std::size_t>(n % 200), 'x') + std::to_string(n));
    expected += words.back() + '\0';
  }
  CHECK(box.run(with(box.puppet({"print-args"}), words)) == exited(0, expected));
}

TEST_CASE("A plain call obeys the config file") {
  Sandbox box;
  box.start_daemon();
  const bool is_elsewhere = GENERATE(false, true);
  const std::string folder = is_elsewhere ? "config/reduce" : ".config/reduce";
  std::filesystem::create_directories(box.path(folder));
  box.write(folder + "/config.json", R"({"ignore_env": ["BUILD_*"]})");
  std::vector<Spawn> calls{box.call(gated(box)), box.call(gated(box))};
  calls[1].set("BUILD_NUMBER", "7");
  if (is_elsewhere) {
    for (Spawn& call : calls) call.set("XDG_CONFIG_HOME", box.path("config"));
  }
  CHECK(count_runs(box, calls) == 1);
}

TEST_CASE("A plain call says what is wrong with the config file") {
  Sandbox box;
  box.start_daemon();
  std::filesystem::create_directories(box.path(".config/reduce"));
  box.write(".config/reduce/config.json", "{");
  const Result result = check_same(box, {"true"}, [](Spawn&) {});
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
}

TEST_CASE("A plain call obeys the variables that are ours") {
  Sandbox box;
  box.start_daemon();
  Spawn off = box.call({"echo", "hi"});
  off.set("REDUCE_OFF", "1");
  CHECK(Started(off).finish() == exited(0, "hi\n"));
  CHECK(box.stats().at("total") == 0);
  std::vector<Spawn> calls{box.call(gated(box)), box.call(gated(box)),
                           box.call(with({"--scope", "one"}, gated(box)))};
  calls[1].set("REDUCE_SCOPE", "one");
  CHECK(count_runs(box, calls) == 2);
}

TEST_CASE("Of a socket that is named twice either way takes the first") {
  Sandbox box;
  box.start_daemon();
  const auto change = [&](Spawn& call) {
    call.env.push_back("REDUCE_SOCKET=" + box.path("none/v1.sock"));
  };
  CHECK(check_same(box, {"echo", "hi"}, change) == exited(0, "hi\n"));
  CHECK(box.stats().at("total") == 2);
}

TEST_CASE("A socket's path that cannot be is refused either way") {
  Sandbox box;
  box.start_daemon();
  // What is left of some after a page is a path that serves.
  const auto long_path = [](std::size_t size) {
    std::string text(size, 'x');
    text[0] = '/';
    return text;
  };
  const Words paths{"", box.folder() + "/", long_path(200), long_path(4094) + box.socket(),
                    long_path(4095) + box.socket()};
  const std::string& path = paths[GENERATE(range(0U, 5U))];
  const auto change = [&](Spawn& call) { call.set("REDUCE_SOCKET", path); };
  const Result result = check_same(box, {"true"}, change);
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
  CHECK(box.stats().at("total") == 0);
}

TEST_CASE("A socket under a folder that others can write to is refused either way") {
  Sandbox box;
  std::filesystem::create_directories(box.path("above/folder"));
  ::chmod(box.path("above/folder").c_str(), 0700);
  ::chmod(box.path("above").c_str(), 0755);
  const std::string socket = box.path("above/folder/s");
  Started daemon(box.direct({Sandbox::program("reduced"), "--socket", socket}));
  REQUIRE(eventually([&] { return ::access(socket.c_str(), F_OK) == 0; }));
  const auto change = [&](Spawn& call) { call.set("REDUCE_SOCKET", socket); };
  CHECK(check_same(box, {"echo", "hi"}, change) == exited(0, "hi\n"));
  // As /tmp is: what is in it is its owners' alone.
  ::chmod(box.path("above").c_str(), 01777);
  CHECK(check_same(box, {"echo", "hi"}, change) == exited(0, "hi\n"));
  ::chmod(box.path("above").c_str(), 0777);
  const Result refused = check_same(box, {"echo", "hi"}, change);
  CHECK(refused.code == 125);
  CHECK(is_own_line(refused.err));
  daemon.signal(SIGTERM);
  CHECK(daemon.finish() == exited(0));
}

TEST_CASE("A socket's path may begin where the caller is") {
  Sandbox box;
  box.start_daemon();
  Spawn call = box.call({"echo", "hi"});
  call.set("REDUCE_SOCKET", "v1.sock");
  CHECK(Started(call).finish() == exited(0, "hi\n"));
  CHECK(box.stats().at("total") == 1);
}
