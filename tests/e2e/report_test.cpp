// What --report tells of calls that ended in other ways than their command, and where it goes.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using nlohmann::json;

namespace {

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate"), "out", "x", "exit", "3"});
}

std::string report_to(const Sandbox& box, const std::string& name) {
  return "--report=" + box.path(name);
}

json report(const Sandbox& box, const std::string& name = "report") {
  const std::string text = box.read(name);
  INFO(name << ": " << text);
  REQUIRE(json::accept(text));
  CHECK(text.ends_with('\n'));
  return json::parse(text);
}

std::set<std::string> keys(const json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

/// The sandbox's folder holds nothing of a report but this one.
void check_alone(const Sandbox& box, const std::string& name = "report") {
  for (const auto& entry : std::filesystem::directory_iterator(box.folder())) {
    const std::string found = entry.path().filename();
    INFO(found);
    CHECK((found == name || !found.starts_with(name)));
  }
}

}  // namespace

TEST_CASE("Reports of one run agree, and tell who started and who joined it, and when") {
  Sandbox box;
  Started first = box.start(with({report_to(box, "first")}, gated(box)));
  box.await_callers(1);
  Started second = box.start(with({report_to(box, "second")}, gated(box)));
  box.await_callers(2);
  const auto id = box.list().at("runs").at(0).at("id");
  box.touch("gate");
  CHECK(first.finish() == exited(3, "x"));
  CHECK(second.finish() == exited(3, "x"));
  const json started = report(box, "first"), joined = report(box, "second");
  CHECK(started.at("role") == "started");
  CHECK(started.at("age_at_join_seconds") == 0.0);
  CHECK(joined.at("role") == "joined");
  CHECK(joined.at("age_at_join_seconds") > 0.0);
  CHECK(joined.at("age_at_join_seconds") <= joined.at("duration_seconds"));
  for (const json& told : {started, joined}) {
    CHECK(told.at("id") == id);
    CHECK(told.at("callers") == 2);
    CHECK(told.at("end") == "exit");
    CHECK(told.at("code") == 3);
    CHECK(keys(told) == std::set<std::string>{"id", "role", "callers", "end", "code",
                                              "age_at_join_seconds", "duration_seconds"});
  }
}

TEST_CASE("A caller that waited in vain reports an error, for the run goes on") {
  Sandbox box;
  Started first = box.start(gated(box));
  box.await_callers(1);
  const json run = box.list().at("runs").at(0);
  json told;
  // The time may be over before the daemon has answered a call, which is not a joined one then.
  REQUIRE(eventually([&] {
    CHECK(box.run(with({report_to(box, "report"), "--wait-timeout=50ms"}, gated(box))).code == 75);
    told = report(box);
    CHECK(told.at("end") == "error");
    CHECK(told.at("code") == 75);
    return told.at("role") == "joined";
  }));
  CHECK(told.at("id") == run.at("id"));
  CHECK(told.at("callers") == 2);
  box.touch("gate");
  CHECK(first.finish() == exited(3, "x"));
}

TEST_CASE("A caller that left by a signal reports that") {
  Sandbox box;
  Started first = box.start(gated(box));
  box.await_callers(1);
  Started leaving = box.start(with({report_to(box, "report")}, gated(box)));
  box.await_callers(2);
  leaving.signal(SIGTERM);
  CHECK(leaving.finish() == signaled(SIGTERM));
  const json told = report(box);
  CHECK(told.at("end") == "signal");
  CHECK(told.at("signal") == SIGTERM);
  CHECK(told.at("role") == "joined");
  CHECK(told.at("callers") == 2);
  box.touch("gate");
  CHECK(first.finish() == exited(3, "x"));
}

TEST_CASE("A caller whose reader has gone reports SIGPIPE") {
  Sandbox box;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::close(ends[0]);
  const reduce::UniqueFd writer(ends[1]);
  Spawn call = box.call({report_to(box, "report"), "echo", "x"});
  call.out = Target::descriptor(writer.get());
  CHECK(Started(call).finish() == signaled(SIGPIPE));
  CHECK(report(box).at("end") == "signal");
  CHECK(report(box).at("signal") == SIGPIPE);
  CHECK(report(box).at("role") == "started");
}

TEST_CASE("A call that runs its command itself reports the role direct") {
  Sandbox box;
  const Words options = {"--no-start", report_to(box, "report")};
  CHECK(box.run(with(options, {"sh", "-c", "echo x; exit 3"})).out == "x\n");
  CHECK(report(box).at("role") == "direct");
  CHECK(report(box).at("end") == "exit");
  CHECK(report(box).at("code") == 3);
  CHECK(report(box).at("callers") == 1);
  CHECK(box.run(with(options, {"sh", "-c", "kill -USR1 $$"})).signal == SIGUSR1);
  CHECK(report(box).at("role") == "direct");
  CHECK(report(box).at("end") == "signal");
  CHECK(report(box).at("signal") == SIGUSR1);
  CHECK(box.run(with(options, {"/nowhere/at/all"})).code == 127);
  CHECK(report(box).at("role") == "direct");
  CHECK(report(box).at("end") == "error");
  CHECK(report(box).at("code") == 127);
  check_alone(box);
}

TEST_CASE("A call that gets no command run reports an error") {
  Sandbox box;
  SECTION("no daemon, but one is required") {
    CHECK(box.run({"--no-start", "--require-daemon", report_to(box, "report"), "true"}).code ==
          125);
  }
  SECTION("a socket that cannot be") {
    CHECK(box.run({"--socket", std::string(200, 'x'), report_to(box, "report"), "true"}).code ==
          125);
  }
  SECTION("the daemon is lost in mid-run") {
    Started caller = box.start(with({report_to(box, "report")}, gated(box)));
    box.await_callers(1);
    REQUIRE(::kill(*box.daemon_pid(), SIGKILL) == 0);
    CHECK(caller.finish().code == 125);
    CHECK(report(box).at("role") == "started");
  }
  SECTION("its output cannot be written") {
    const reduce::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    Spawn call = box.call({report_to(box, "report"), "echo", "x"});
    call.out = Target::descriptor(full.get());
    CHECK(Started(call).finish().code == 125);
    CHECK(report(box).at("role") == "started");
  }
  CHECK(report(box).at("end") == "error");
  CHECK(report(box).at("code") == 125);
}

TEST_CASE("A report that cannot be written is one line; the call ends as its command did") {
  Sandbox box;
  std::filesystem::create_directory(box.path("folder"));
  for (const char* place : {"nowhere/report", "folder"}) {
    const Result result =
        box.run(with({report_to(box, place)}, box.puppet({"out", "x", "exit", "3"})));
    INFO(place);
    CHECK(result.code == 3);
    CHECK(result.out == "x");
    CHECK(is_own_line(result.err));
    CHECK(result.err.find(box.path(place)) != std::string::npos);
  }
  check_alone(box, "folder");
}

TEST_CASE("A report replaces the one before as a whole") {
  Sandbox box;
  box.write("report", std::string(10'000, 'x'));
  const reduce::UniqueFd before(::open(box.path("report").c_str(), O_RDONLY | O_CLOEXEC));
  Spawn call = box.call(with({report_to(box, "report")}, gated(box)));
  call.before_exec = [] { ::umask(027); };
  Started caller(call);
  box.await_callers(1);
  CHECK(box.read("report") == std::string(10'000, 'x'));
  check_alone(box);
  box.touch("gate");
  CHECK(caller.finish() == exited(3, "x"));
  CHECK(report(box).at("code") == 3);
  // Who had it open goes on reading what it was.
  struct stat old {
  }, now{};
  REQUIRE(::fstat(before.get(), &old) == 0);
  REQUIRE(::stat(box.path("report").c_str(), &now) == 0);
  CHECK(old.st_size == 10'000);
  CHECK((now.st_mode & 07777) == 0640);
  check_alone(box);
}

TEST_CASE("A caller that is killed leaves no part of a report") {
  Sandbox box;
  Started caller = box.start(with({report_to(box, "report")}, gated(box)));
  box.await_callers(1);
  caller.signal(SIGKILL);
  CHECK(caller.finish() == signaled(SIGKILL));
  CHECK_FALSE(box.exists("report"));
  check_alone(box);
}

TEST_CASE("A report to a pipe, a device or an output of the call goes there") {
  Sandbox box;
  const Words command = box.puppet({"out", "x\n", "exit", "3"});
  SECTION("a pipe with a name") {
    const std::string pipe = box.path("report");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const reduce::UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    CHECK(box.run(with({"--report", pipe}, command)) == exited(3, "x\n"));
    char text[4096];
    const ssize_t got = ::read(reader.get(), text, sizeof text);
    REQUIRE(got > 0);
    CHECK(json::parse(std::string(text, static_cast<std::size_t>(got))).at("code") == 3);
    CHECK(std::filesystem::is_fifo(pipe));
  }
  SECTION("a link to a device") {
    REQUIRE(::symlink("/dev/null", box.path("report").c_str()) == 0);
    CHECK(box.run(with({report_to(box, "report")}, command)) == exited(3, "x\n"));
    CHECK(std::filesystem::is_symlink(box.path("report")));
  }
  SECTION("stderr, a pipe") {
    REQUIRE(::symlink("/proc/self/fd/2", box.path("report").c_str()) == 0);
    const Result result = box.run(with({report_to(box, "report")}, command));
    CHECK(result.out == "x\n");
    CHECK(json::parse(result.err).at("code") == 3);
  }
  SECTION("stderr, a pipe that nobody reads") {
    REQUIRE(::symlink("/proc/self/fd/2", box.path("report").c_str()) == 0);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    ::close(ends[0]);
    const reduce::UniqueFd writer(ends[1]);
    Spawn call = box.call(with({report_to(box, "report")}, command));
    call.err = Target::descriptor(writer.get());
    CHECK(Started(call).finish() == exited(3, "x\n"));
  }
  SECTION("stdout, a file") {
    REQUIRE(::symlink("/proc/self/fd/1", box.path("report").c_str()) == 0);
    Spawn call = box.call(with({report_to(box, "report")}, command));
    call.out = Target::file(box.path("log"));
    CHECK(Started(call).finish() == exited(3));
    CHECK(std::filesystem::is_symlink(box.path("report")));
    CHECK(box.read("log").starts_with("x\n{"));
  }
  SECTION("a link to a file") {
    box.write("real", "old");
    REQUIRE(::symlink("real", box.path("report").c_str()) == 0);
    CHECK(box.run(with({report_to(box, "report")}, command)) == exited(3, "x\n"));
    CHECK(std::filesystem::is_symlink(box.path("report")));
    CHECK(report(box, "real").at("code") == 3);
  }
  check_alone(box);
}

TEST_CASE("A call that steps aside reports its end, too") {
  Sandbox box;
  Spawn call = box.call(with({report_to(box, "report")}, box.puppet({"exit", "7"})));
  CHECK(Started(call.set("REDUCE_OFF", "1")).finish() == exited(7));
  CHECK(report(box).at("end") == "exit");
  CHECK(report(box).at("code") == 7);
}
