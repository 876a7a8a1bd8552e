// The README's recipes, as they stand there, at work.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/readme.hpp"

using namespace e2e;

namespace {

/// Starts these at once, lets the programs go on when all callers wait, and expects all to succeed.
std::vector<Result> run_together(Household& house, const std::vector<std::string>& texts) {
  house.hold();
  std::vector<Started> shells;
  for (const std::string& text : texts) shells.emplace_back(house.shell(text));
  house.box().await_callers(texts.size());
  house.let_go();
  std::vector<Result> results;
  for (Started& shell : shells) {
    results.push_back(shell.finish());
    CHECK(results.back().code == 0);
    CHECK(results.back().err.empty());
  }
  return results;
}

/// What stands between two words in a line.
std::string between(const std::string& line, const std::string& before, const std::string& after) {
  const auto begin = line.find(before) + before.size();
  return line.substr(begin, line.rfind(after) - begin);
}

}  // namespace

TEST_CASE("Recipe: two agents, a watcher and you in one checkout") {
  Household house;
  const std::string functions = readme_line("--shell-init bash");
  run_together(house, {functions + "\nmake test", functions + "\nmake test",
                       functions + "\nset -eu\nmake test"});
  CHECK(house.runs_of("make test") == 1);
  // Not named, and passed by.
  CHECK(house.run(functions + "\nmake clean & command make test & wait").code == 0);
  CHECK(house.runs_of("make clean") == 1);
  CHECK(house.runs_of("make test") == 2);
  CHECK(house.box().stats().at("total") == 3);
}

TEST_CASE("Recipe: callers that are no shell") {
  Household house;
  const std::string shims = readme_line("reduce-run --shims");
  const std::string path = readme_line("reduce-shims:$PATH");
  REQUIRE(house.run(shims).code == 0);
  run_together(
      house, {path + "\nexec npm test", path + "\nenv npm test", path + "\nexec sh -c 'npm test'"});
  CHECK(house.runs_of("npm test") == 1);
  CHECK(house.run(path + "\nnpm install").out == "output of npm\n");
  CHECK(house.box().stats().at("total") == 3);
}

TEST_CASE("Recipe: git hooks") {
  if (::access("/usr/bin/git", X_OK) != 0) {
    WARN("git is not installed");
    return;
  }
  Household house;
  std::filesystem::remove(house.box().path("bin/git"));
  REQUIRE(
      house
          .run("git init -q --bare ../origin && git init -q && git remote add origin ../origin\n"
               "git config user.name A && git config user.email a@localhost\n"
               "git add . && git commit -qm A && git worktree add -q -b other ../other\n"
               "mkdir ../other/folder")
          .code == 0);
  house.box().write("project/.git/hooks/pre-push",
                    readme_block("exec reduce-run --stdin=none").text(), 0755);
  SECTION("in a checkout") {
    run_together(house, {"git push -q origin HEAD", "reduce-run make check"});
  }
  SECTION("in a worktree beside it") {
    run_together(house, {"cd ../other/folder; git push -q origin HEAD",
                         "cd ../other; reduce-run make check"});
  }
  CHECK(house.runs_of("make check") == 1);
}

TEST_CASE("Recipe: a status line in twenty panes") {
  Household house;
  const std::string command = between(readme_line("status-right"), "#(", ")");
  std::vector<std::string> panes(20, command);
  // Each pane is somewhere.
  for (std::size_t n = 0; n < panes.size(); n += 2) panes[n] = "cd ~; " + panes[n];
  const auto results = run_together(house, panes);
  for (const Result& result : results) CHECK(result.out == "output of git\n");
  // Within its time the result stands.
  CHECK(house.run(command).out == "output of git\n");
  CHECK(house.runs_of("git -C " + house.box().folder() + "/src/app status --short --branch") == 1);
}

TEST_CASE("Recipe: a herd at :00") {
  Household house;
  const std::string schedule = "0 * * * * ";
  const auto job = [&](const std::string& part) {
    const std::string line = readme_line(part);
    REQUIRE(line.starts_with(schedule));
    return line.substr(schedule.size());
  };
  run_together(house, {job("&& make-report"), job("&& check-limits")});
  CHECK(house.runs_of("fetch-rates ") == 1);
  CHECK(house.runs_of("make-report ") == 1);
  CHECK(house.runs_of("check-limits ") == 1);
}

TEST_CASE("Recipe: a linter on every save") {
  Household house;
  const std::string command = readme_line("--fresh eslint");
  house.hold();
  Started before_save(house.shell(command));
  house.box().await_callers(1);
  Started editor(house.shell(command)), terminal(house.shell(command));
  house.box().await_callers(3);
  house.let_go();
  for (Started* each : {&before_save, &editor, &terminal}) CHECK(each->finish().code == 0);
  CHECK(house.runs_of("eslint src") == 2);
}

TEST_CASE("Recipe: CI jobs on one host") {
  Household house;
  const std::string command = readme_line("./fetch-toolchain");
  house.box().write(
      "project/fetch-toolchain",
      house.box().read("project/fetch-toolchain") +
          "mkdir -p \"${1:-toolchain}\" && cp .tool-version \"${1:-toolchain}/version\"\n");
  REQUIRE(house.run("cp -r ../project ../other").code == 0);
  // The job goes on with what it finds where its own words say.
  const auto place = command.rfind(' ') + 1;
  const std::string use = "\ncat " + command.substr(place) + "/version";
  for (const Result& result : run_together(
           house,
           {"export JOB=1; " + command + use, "cd ../other; export JOB=2; " + command + use})) {
    CHECK(result.out == "output of fetch-toolchain\n7.1\n");
  }
  CHECK(house.runs_of("fetch-toolchain " + house.box().path(".cache/toolchain")) == 1);
}
