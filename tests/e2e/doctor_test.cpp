// --doctor: what sharing depends on, a line for each.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/shells.hpp"

using namespace e2e;

namespace {

struct Check {
  std::string state, text, advice;
};

/// Whether somebody is told what to do: the first word is a verb.
bool is_imperative(const std::string& advice) {
  const Words verbs = {"end", "install", "keep",   "let", "look", "make", "mend", "name",
                       "put", "raise",   "remove", "run", "see",  "set",  "try",  "unset"};
  return std::ranges::count(verbs, advice.substr(0, advice.find(' '))) == 1;
}

/// Asks for JSON; the status has to be the one that goes with what was found, and what is not right
/// comes with what to do.
nlohmann::json examined(const Spawn& spawn) {
  const Result result = Started(spawn).finish();
  INFO(result);
  CHECK(result.err.empty());
  REQUIRE((result.code == 0 || result.code == 1));
  auto json = nlohmann::json::parse(result.out);
  const auto& checks = json.at("checks");
  const bool is_bad = std::any_of(checks.begin(), checks.end(),
                                  [](const auto& check) { return check.at("state") == "bad"; });
  CHECK(result.code == (is_bad ? 1 : 0));
  CHECK(json.at("ok") == !is_bad);
  for (const auto& check : checks) {
    CAPTURE(check.dump());
    CHECK((check.at("state") == "ok" || is_imperative(check.value("advice", ""))));
  }
  return checks;
}

/// The first check of that name.
Check finding(const nlohmann::json& checks, const std::string& name) {
  for (const auto& check : checks) {
    if (check.at("name") == name) {
      return {check.at("state"), check.at("text"), check.value("advice", "")};
    }
  }
  FAIL("no check of " << name << " in " << checks.dump());
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

Spawn doctor(const Sandbox& box) {
  return box.call({"--doctor", "--json"});
}

}  // namespace

TEST_CASE("A doctor finds nothing bad where nothing is, and starts no daemon") {
  Sandbox box;
  const auto checks = examined(doctor(box));
  CHECK(finding(checks, "socket").text == box.socket() + ", of REDUCE_SOCKET");
  CHECK(contains(finding(checks, "folder").text, "mode 0700"));
  CHECK(finding(checks, "daemon").state == "ok");
  CHECK(contains(finding(checks, "daemon").text, Sandbox::program("reduced")));
  CHECK(finding(checks, "call").state == "ok");
  CHECK(contains(finding(checks, "call").text, "no daemon"));
  CHECK(contains(finding(checks, "config").text, box.path(".config/reduce/config.json")));
  CHECK(contains(finding(checks, "statistics").text, box.path(".local/state/reduce")));
  CHECK(finding(checks, "shims").text == "none in PATH");
  CHECK(box.daemons().empty());
  CHECK_FALSE(box.exists("v1.sock"));
  CHECK_FALSE(box.exists("v1.sock.lock"));
  CHECK_FALSE(box.exists(".local"));
}

TEST_CASE("A doctor asks the daemon that is there, and makes a call") {
  Sandbox box;
  const pid_t pid = box.start_daemon({"--max-runs", "17", "--spool-dir", box.folder()}).pid();
  const auto checks = examined(doctor(box));
  const Check daemon = finding(checks, "daemon");
  CHECK(daemon.state == "ok");
  CHECK(contains(daemon.text, "pid " + std::to_string(pid) + " of user " +
                                  std::to_string(::geteuid()) +
                                  ", version " REDUCE_VERSION ", protocol 1"));
  CHECK(contains(finding(checks, "limits").text, "0 of 17 runs"));
  CHECK(contains(finding(checks, "spool").text, box.folder() + " has room for"));
  CHECK(finding(checks, "sandbox").state == "ok");
  CHECK(finding(checks, "call").state != "bad");
  CHECK(contains(finding(checks, "call").text, "run by the daemon in"));
  CHECK(box.stats().at("total") == 1);
}

TEST_CASE("A doctor for people prints a line for each check, with its state in front") {
  Sandbox box;
  box.start_daemon();
  const Result result = box.run({"--doctor"});
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  std::istringstream stream(result.out);
  std::size_t count = 0;
  for (std::string line; std::getline(stream, line); ++count) {
    CAPTURE(line);
    CHECK((line.starts_with("ok    ") || line.starts_with("note  ")));
  }
  CHECK(count == examined(doctor(box)).size());
}

TEST_CASE("The doctor says why it is this socket") {
  Sandbox box;
  Spawn by_option = doctor(box);
  by_option.argv.insert(by_option.argv.begin() + 1, {"--socket", box.path("other")});
  CHECK(finding(examined(by_option), "socket").text == box.path("other") + ", of --socket");
  Spawn standard = doctor(box);
  const Check found = finding(examined(standard.unset("REDUCE_SOCKET")), "socket");
  CHECK(contains(found.text, ", the standard one, "));
  Spawn long_one = doctor(box);
  CHECK(finding(examined(long_one.set("REDUCE_SOCKET", std::string(120, '/'))), "socket").state ==
        "bad");
}

TEST_CASE("A socket's folder that would be refused is bad") {
  Sandbox box;
  const mode_t mode = GENERATE(0777, 0700);
  std::filesystem::create_directories(box.path("folder"));
  REQUIRE(::chmod(box.path("folder").c_str(), mode) == 0);
  Spawn spawn = doctor(box);
  CHECK(finding(examined(spawn.set("REDUCE_SOCKET", box.path("folder/s"))), "folder").state ==
        (mode == 0777 ? "bad" : "ok"));
  CHECK(finding(examined(spawn.set("REDUCE_SOCKET", box.path("nothing/s"))), "folder").state ==
        "bad");
}

TEST_CASE("Where no daemon could be started, that is bad") {
  Sandbox box;
  std::filesystem::create_directories(box.path("bin"));
  std::filesystem::copy_file(Sandbox::program("reduce-run"), box.path("bin/reduce-run"));
  Spawn spawn = doctor(box);
  spawn.argv.front() = box.path("bin/reduce-run");
  spawn.set("PATH", box.path("bin"));
  CHECK(finding(examined(spawn), "daemon").state == "bad");
  REQUIRE(::symlink(Sandbox::program("reduced").c_str(), box.path("reduced").c_str()) == 0);
  const Check found = finding(examined(spawn.set("PATH", box.folder())), "daemon");
  CHECK(found.state == "ok");
  CHECK(contains(found.text, box.path("reduced") + ", found in PATH"));
}

TEST_CASE("What is no socket in the socket's place is bad") {
  Sandbox box;
  const bool is_folder = GENERATE(true, false);
  if (is_folder) {
    std::filesystem::create_directories(box.path("v1.sock"));
  } else {
    box.touch("v1.sock");
  }
  const Check found = finding(examined(doctor(box)), "daemon");
  CHECK(found.state == "bad");
  CHECK(contains(found.text, box.socket() + " is in the way"));
}

TEST_CASE("A `reduced` that cannot be executed, or is another version, is bad") {
  Sandbox box;
  std::filesystem::create_directories(box.path("bin"));
  std::filesystem::copy_file(Sandbox::program("reduce-run"), box.path("bin/reduce-run"));
  const std::string text = GENERATE("",
                                    "\x7f"
                                    "ELF",
                                    "#!/nothing\n", "#!/bin/sh\necho reduced 0\n");
  CAPTURE(text);
  box.write("bin/reduced", text, 0755);
  Spawn spawn = doctor(box);
  spawn.argv.front() = box.path("bin/reduce-run");
  const Check found = finding(examined(spawn), "daemon");
  CHECK(found.state == "bad");
  CHECK(contains(found.text, box.path("bin/reduced")));
  std::filesystem::remove(box.path("bin/reduced"));
  std::filesystem::create_directories(box.path("bin/reduced"));
  CHECK(finding(examined(spawn), "daemon").state == "bad");
}

TEST_CASE("A daemon that is stopped is bad, and the doctor does not wait for it for long") {
  Sandbox box;
  const Started& daemon = box.start_daemon();
  daemon.signal(SIGSTOP);
  const auto checks = examined(doctor(box));
  CHECK(finding(checks, "daemon").state == "bad");
  CHECK(contains(finding(checks, "daemon").text, "does not answer"));
  CHECK(finding(checks, "call").state == "bad");
  daemon.signal(SIGCONT);
}

TEST_CASE("A config that is not understood is bad, with its place") {
  Sandbox box;
  std::filesystem::create_directories(box.path(".config/reduce"));
  box.write(".config/reduce/config.json", "{\n\"rules\": [\n{}]}");
  const Check found = finding(examined(doctor(box)), "config");
  CHECK(found.state == "bad");
  CHECK(contains(found.text, "config.json:3: a rule needs"));
  box.write(".config/reduce/config.json", R"({"rules": [{"match": ["x"]}]})");
  CHECK(contains(finding(examined(doctor(box)), "config").text, ", 1 rule"));
}

TEST_CASE("Variables of ours are named with their values, others never") {
  Sandbox box;
  Spawn spawn = doctor(box);
  spawn.unset("REDUCE_SOCKET").set("REDUCE_SOCKET", box.socket());
  spawn.set("REDUCE_OFF", "1").set("REDUCE_SCOPE", "mine\x1b[2J").set("REDUCE_ODD", "7");
  spawn.set("TOKEN", "of-great-secrecy").set("REDUCE_CHAIN", "of-another");
  const auto checks = examined(spawn);
  const std::string all = checks.dump();
  for (const char* part : {"REDUCE_OFF=1", "REDUCE_ODD=7", "REDUCE_SCOPE=mine", "REDUCE_CHAIN"}) {
    CHECK(contains(all, part));
  }
  CHECK_FALSE(contains(all, "of-great-secrecy"));
  CHECK_FALSE(contains(all, "TOKEN"));
  spawn.argv.pop_back();
  const Result lines = Started(spawn).finish();
  CHECK(lines.code == 0);
  CHECK(lines.out.find('\x1b') == std::string::npos);
  CHECK(lines.out.find("REDUCE_SCOPE=mine?[2J") != std::string::npos);
}

TEST_CASE("A caller in another sandbox than the daemon's is told so") {
  Sandbox box;
  box.start_daemon();
  Spawn spawn = doctor(box);
  spawn.before_exec = [] { ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); };
  const auto checks = examined(spawn);
  CHECK(finding(checks, "sandbox").state == "note");
  CHECK(contains(finding(checks, "sandbox").text, "no_new_privs"));
  CHECK(finding(checks, "call").state == "ok");
}

TEST_CASE("A spool folder that cannot be used is bad") {
  if (::geteuid() != 0) return;
  Sandbox box;
  std::filesystem::create_directory(box.path("spools"));
  box.start_daemon({"--spool-dir", box.path("spools")});
  std::filesystem::remove(box.path("spools"));
  CHECK(finding(examined(doctor(box)), "spool").state == "bad");
}

TEST_CASE("Statistics that cannot be kept are worth a note") {
  Sandbox box;
  Spawn spawn = doctor(box);
  CHECK(finding(examined(spawn.unset("HOME")), "statistics").state == "note");
  CHECK(finding(examined(spawn.set("XDG_STATE_HOME", "/proc/x")), "statistics").state != "bad");
}

TEST_CASE("Shims in PATH are named: met, hidden, out of date or without a program") {
  Sandbox box;
  make_programs(box, "real", {"tool", "other"});
  const std::string shims = box.path("shims"), real = box.path("real");
  REQUIRE(box.run({"--shims", shims, "tool", "other", "lonely"}).code == 0);
  const auto shims_in = [&](const std::string& folders) {
    std::vector<std::pair<std::string, std::string>> all;
    Spawn spawn = doctor(box);
    for (const auto& check : examined(spawn.set("PATH", folders + ":/usr/bin:/bin"))) {
      if (check.at("name") == "shims") all.emplace_back(check.at("state"), check.at("text"));
    }
    return all;
  };
  auto found = shims_in(shims + ":" + shims + "/:" + real);
  REQUIRE(found.size() == 2);
  CHECK(found.at(0).first == "note");
  CHECK(contains(found.at(0).second, shims + "/lonely stands for no program"));
  CHECK(found.at(1) == std::pair<std::string, std::string>("ok", shims + ": other tool"));
  std::filesystem::remove(box.path("shims/lonely"));
  found = shims_in(real + ":" + shims);
  REQUIRE(found.size() == 2);
  CHECK(contains(found.at(0).second, shims + "/other is not met: " + real + "/other"));
  std::string text = box.read("shims/tool");
  text.insert(text.find("shim ") + 5, "0");
  box.write("shims/tool", text, 0755);
  found = shims_in(shims + ":" + real);
  REQUIRE(found.size() == 2);
  CHECK(contains(found.at(0).second, "made by another reduce-run"));
}

TEST_CASE("The doctor takes no command, and tells when it cannot write") {
  Sandbox box;
  for (const Words& words : {Words{"--doctor", "true"}, Words{"--doctor", "--list"},
                             Words{"--doctor", "--prometheus"}, Words{"--doctor", "-c", "true"}}) {
    const Result result = box.run(words);
    CHECK(result.code == 125);
    CHECK(is_own_line(result.err));
  }
  Spawn closed = doctor(box);
  closed.out = Target::closed();
  CHECK(Started(closed).finish().code == 125);
}
