// Every command of the README is run.

#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/pty.hpp"
#include "support/e2e/readme.hpp"
#include "support/e2e/shells.hpp"

using namespace e2e;

namespace {

bool begins(const std::string& line, const std::string& with) {
  return line.starts_with(with);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// Those that build and install: scripts/test, scripts/demo and scripts/test-package run them.
bool is_run_elsewhere(const std::string& line) {
  return begins(line, "scripts/") || begins(line, "cmake ") || begins(line, "apt-get ") ||
         begins(line, "systemctl ");
}

void check_top(Household& house, const std::string& line) {
  Pty terminal(24, 80);
  Started top(terminal.on(house.shell("exec " + line)));
  REQUIRE(eventually([&] { return terminal.shows("running"); }));
  terminal.type("q");
  CHECK(top.finish_process().code == 0);
}

void check_events(Household& house, const std::string& line) {
  Started events(house.shell("exec " + line));
  REQUIRE(eventually([&] {
    house.box().run({"true"});
    return events.out().find("\n") != std::string::npos;
  }));
  events.signal(SIGINT);
  events.finish();
}

/// A daemon in the foreground: serves until it is told to end.
void check_daemon(Household& house, const std::string& line) {
  house.box().run({"--stop"});
  REQUIRE(eventually([&] { return !house.box().daemon_pid(); }));
  Started daemon(house.shell("exec " + line));
  REQUIRE(eventually([&] { return house.box().daemon_pid() == daemon.pid(); }));
  CHECK(house.run("reduce-run make").code == 0);
  CHECK(house.run("reduce-run --stop").code == 0);
  CHECK(daemon.finish().code == 0);
}

void check_on_a_run(Household& house, const std::string& line) {
  house.hold();
  Started call(house.shell("reduce-run make"));
  house.box().await_callers(1);
  const auto id = house.box().list().at("runs").at(0).at("id").get<std::uint64_t>();
  const std::string number = std::to_string(id);
  CHECK(house.run(replaced(line, "12 ", number + std::string(" "))).code == 0);
  CHECK(call.finish().signal == SIGTERM);
}

/// Of calls in the background, whose statuses are lost: how many runs there are for them.
void check_runs(Household& house, const std::string& line, std::size_t runs) {
  house.hold();
  Started calls(house.shell(line + "\nwait"));
  house.box().await_callers(2);
  CHECK(house.box().list().at("runs").size() == runs);
  house.let_go();
  CHECK(calls.finish() == exited(0, "output of make\noutput of make\n"));
  CHECK(house.runs_of("make ") == runs);
}

void check_line(const std::string& line) {
  INFO(line);
  Household house;
  const Result begun = house.run("reduce-run true");
  REQUIRE(begun == exited(0));
  if (begins(line, "reduce-run --top")) return check_top(house, line);
  if (begins(line, "reduce-run --events")) return check_events(house, line);
  if (begins(line, "reduced ")) return check_daemon(house, line);
  if (begins(line, "reduce-run --kill 12")) return check_on_a_run(house, line);
  if (line.find("| source") != std::string::npos) {
    if (::access("/usr/bin/fish", X_OK) != 0) {
      WARN("no fish here");
      return;
    }
    CHECK(house.run("exec fish -c '" + replaced(line, "'", "'\\''") + "'").code == 0);
    return;
  }
  if (line.find("--shell-init zsh") != std::string::npos) {
    if (installed_shell("zsh").empty()) return;
    CHECK(house.run("exec zsh -f -c '" + replaced(line, "'", "'\\''") + "'") == exited(0));
    return;
  }
  const std::string text =
      replaced(replaced(line, " 1m ", " 1s "), "/srv/app", house.box().path("srv/app"));
  if (line.find("&   # one run") != std::string::npos) return check_runs(house, text, 1);
  if (line.find("&   # two runs") != std::string::npos) return check_runs(house, text, 2);
  REQUIRE(line.find("&   #") == std::string::npos);
  const Result result = house.run(text);
  CHECK(result.code == 0);
  // Only these have something to say, in lines of their own.
  bool says = line.find(" -v ") != std::string::npos;
  for (const char* option : {"--shims", "--trace", "--timeline"}) {
    says |= begins(line, std::string("reduce-run ") + option);
  }
  CHECK((result.err.empty() || (says && begins(result.err, "reduce-run: "))));
}

}  // namespace

TEST_CASE("Every command line of the README does what it is there for") {
  int count = 0;
  for (const Block& block : readme_blocks()) {
    if (block.language != "sh") continue;
    for (const std::string& line : block.lines) {
      if (line.empty() || is_run_elsewhere(line)) continue;
      check_line(line);
      ++count;
    }
  }
  CHECK(count > 30);
}

TEST_CASE("The README's first example prints what it says") {
  const auto blocks = readme_blocks();
  const auto found = std::ranges::find(blocks, "console", &Block::language);
  REQUIRE(found != blocks.end());
  REQUIRE(begins(found->lines.at(0), "$ "));
  Household house;
  const Result result = house.run(found->lines[0].substr(2));
  CHECK(result.code == 0);
  std::istringstream lines(result.out);
  std::string first, line;
  REQUIRE(std::getline(lines, first));
  CHECK(begins(first, "built by process "));
  std::size_t count = 1;
  for (; std::getline(lines, line); ++count) CHECK(line == first);
  CHECK(count == found->lines.size() - 1);
}

TEST_CASE("The README's config file is understood") {
  const auto blocks = readme_blocks();
  const auto found = std::ranges::find(blocks, "json", &Block::language);
  REQUIRE(found != blocks.end());
  Household house;
  REQUIRE(house.run("mkdir -p ~/.config/reduce").code == 0);
  house.box().write(".config/reduce/config.json", found->text());
  CHECK(house.run("reduce-run npm run build") == exited(0, "output of npm\n"));
  house.hold();
  Started first(house.shell("BUILD_NUMBER=1 reduce-run make test"));
  Started second(house.shell("BUILD_NUMBER=2 reduce-run make test"));
  house.box().await_callers(2);
  house.let_go();
  CHECK(first.finish().code == 0);
  CHECK(second.finish().code == 0);
  CHECK(house.runs_of("make test") == 1);
}
