// The config file: rules for commands, beneath the environment and the command line.

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

constexpr uid_t kOther = 12345;

/// Below the sandbox's home.
constexpr const char* kPath = ".config/reduce/config.json";

void write_config(const Sandbox& box, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(box.path(kPath)).parent_path());
  box.write(kPath, text);
}

/// A puppet by another name, and so another program for rules.
Words named(const Sandbox& box, const std::string& name, const Words& steps) {
  ::symlink(REDUCE_TEST_PUPPET, box.path(name).c_str());
  Words words = box.puppet(steps);
  words.front() = box.path(name);
  return words;
}

/// Two calls at once: do they get one run?
bool are_shared(const Sandbox& box, const Spawn& one, const Spawn& other) {
  Started first(one);
  box.await_callers(1);
  Started second(other);
  box.await_callers(2);
  box.touch("gate");
  CHECK(first.finish() == exited(0));
  CHECK(second.finish() == exited(0));
  return box.executions() == 1;
}

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate")});
}

}  // namespace

TEST_CASE("Variables that the config names do not count") {
  Sandbox box;
  const bool is_named = GENERATE(true, false);
  write_config(box, is_named ? R"({"ignore_env": ["BUILD_*"]})" : R"({"ignore_env": ["OTHER"]})");
  Spawn other = box.call(gated(box));
  other.set("BUILD_NUMBER", "7");
  CHECK(are_shared(box, box.call(gated(box)), other) == is_named);
}

TEST_CASE("The command line beats the environment, which beats a rule") {
  struct Row {
    Words options;
    const char* variable;
    const char* scope;
  };
  const auto row = GENERATE(Row{{}, nullptr, "rule"}, Row{{}, "environment", "environment"},
                            Row{{"--scope", "line"}, nullptr, "line"},
                            Row{{"--scope", "line"}, "environment", "line"});
  const std::string candidate = GENERATE("rule", "environment", "line", "");
  Sandbox box;
  write_config(box, R"({"rules": [{"match": ["with-rule"], "scope": "rule"}]})");
  const Words steps = {"wait-for", box.path("gate")};
  const Words name = {"--ident", "x"};
  Spawn one = box.call(with(with(name, row.options), named(box, "with-rule", steps)));
  if (row.variable != nullptr) one.set("REDUCE_SCOPE", row.variable);
  const Spawn other = box.call(with({"--ident", "x", "--scope", candidate}, gated(box)));
  CAPTURE(row.scope, candidate);
  CHECK(are_shared(box, one, other) == (candidate == row.scope));
}

TEST_CASE("A rule sets what an option sets, and =false takes a flag back") {
  Sandbox box;
  write_config(box, R"({"rules": [{"match": ["spoken", "log"], "verbose": true}]})");
  const Words spoken = named(box, "spoken", {});
  const Words silent = named(box, "silent", {});
  CHECK(is_own_line(box.run(spoken).err));
  CHECK(box.run(silent) == exited(0));
  CHECK(box.run(with({"--verbose=false"}, spoken)) == exited(0));
  CHECK(is_own_line(box.run(with({"--verbose=true"}, silent)).err));
}

TEST_CASE("The config is where XDG_CONFIG_HOME says, else below HOME") {
  Sandbox box;
  write_config(box, R"({"rules": [{"match": ["*"], "verbose": true}]})");
  std::filesystem::create_directories(box.path("xdg/reduce"));
  Spawn call = box.call(box.puppet({}));
  call.set("XDG_CONFIG_HOME", box.path("xdg"));
  CHECK(Started(call).finish() == exited(0));
  box.write("xdg/reduce/config.json", "{");
  CHECK(Started(call).finish().code == 125);
  call.unset("XDG_CONFIG_HOME");
  CHECK(is_own_line(Started(call).finish().err));
}

TEST_CASE("With a config that is broken nothing is run, and one line says why") {
  Sandbox box;
  const auto [text, reason] = GENERATE(table<std::string, std::string>(
      {{"{\n\"foo\": 1}", ":2: unknown key \"foo\""},
       {"{\"rules\": [{\"match\": [\"a\"],\n\"ident\": \"\"}]}",
        ":2: \"ident\" must be a string that is not empty"},
       {"{\"ignore_env\": 1}", ":1: \"ignore_env\" must be a string or a list of strings"}}));
  write_config(box, text);
  CHECK(box.run(box.puppet({})) ==
        exited(125, "", "reduce-run: " + box.path(kPath) + reason + "\n"));
  CHECK(box.executions() == 0);
  CHECK(box.daemons().empty());
}

TEST_CASE("A config that cannot be read is one that is broken") {
  Sandbox box;
  write_config(box, "");
  const std::string path = box.path(kPath);
  SECTION("a folder") {
    REQUIRE(::unlink(path.c_str()) == 0);
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
  }
  SECTION("a pipe that nobody fills") {
    REQUIRE(::unlink(path.c_str()) == 0);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  }
  SECTION("a link to itself") {
    REQUIRE(::unlink(path.c_str()) == 0);
    REQUIRE(::symlink("config.json", path.c_str()) == 0);
  }
  SECTION("empty") {}
  SECTION("cut off") {
    box.write(kPath, "{\"rules\": [");
  }
  SECTION("more than 1 MiB") {
    std::string text = "{}";
    text.resize((1 << 20) + 1, '\n');
    box.write(kPath, text);
  }
  const Result end = box.run(box.puppet({}));
  CHECK(end.code == 125);
  CHECK(is_own_line(end.err));
  CHECK(end.err.find(path) != std::string::npos);
  CHECK(box.executions() == 0);
}

TEST_CASE("No config is no error") {
  Sandbox box;
  SECTION("no folder") {}
  SECTION("a file where its folder would be") {
    box.write(".config", "");
  }
  SECTION("a link to nothing") {
    write_config(box, "");
    REQUIRE(::unlink(box.path(kPath).c_str()) == 0);
    REQUIRE(::symlink("nowhere", box.path(kPath).c_str()) == 0);
  }
  CHECK(box.run(box.puppet({})) == exited(0));
}

TEST_CASE("A config below a folder that is closed to the caller is none") {
  Sandbox box;
  write_config(box, "broken");
  const auto be_shut_out = [folder = box.folder(), config = box.path(".config")] {
    ::chmod(config.c_str(), 0);
    // Root is not shut out by modes.
    if (::geteuid() != 0) return;
    if (::chown(folder.c_str(), kOther, kOther) != 0 || ::setgroups(0, nullptr) != 0 ||
        ::setgid(kOther) != 0 || ::setuid(kOther) != 0) {
      ::_exit(97);
    }
  };
  for (const char* program : {"reduce-run", "reduced"}) {
    std::filesystem::copy_file(Sandbox::program(program), box.path(program));
  }
  for (const Words& options : {Words{}, Words{}, Words{"-q"}}) {
    Spawn call = box.direct(with(with({box.path("reduce-run")}, options), {"echo", "x"}));
    call.before_exec = be_shut_out;
    CHECK(Started(call).finish() == exited(0, "x\n"));
  }
  CHECK(box.daemons().size() == 1);
  ::chmod(box.path(".config").c_str(), 0700);
}

TEST_CASE("Who steps aside or only asks does not read the config") {
  Sandbox box;
  box.start_daemon();
  write_config(box, "broken");
  Spawn off = box.call(box.puppet({"exit", "3"}));
  off.set("REDUCE_OFF", "1");
  CHECK(Started(off).finish() == exited(3));
  CHECK(box.run({"--stats"}).code == 0);
  CHECK(box.run({"--list"}).code == 0);
  CHECK(box.run({"--stop"}).code == 0);
  CHECK(box.run(box.puppet({})).code == 125);
}
