// Completions, in the shells that they are for.

#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/completing_shell.hpp"
#include "support/e2e/told_options.hpp"

using namespace e2e;

namespace {

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The long options of a program's help.
Words long_options(const Sandbox& box, const std::string& program) {
  Words names;
  const Words help = {Sandbox::program(program), "--help"};
  for (const auto& option : options_in_help(Started(box.direct(help)).finish().out)) {
    if (option.starts_with("--")) names.push_back(option.substr(0, option.find(' ')));
  }
  return names;
}

}  // namespace

TEST_CASE("All options are completed, and none twice") {
  const std::string kind = GENERATE("bash", "bash alone", "zsh", "fish");
  Sandbox box;
  const auto shell = CompletingShell::start(box, kind);
  if (!shell) return;
  INFO(kind);
  CHECK(shell->complete("reduce-run --") == long_options(box, "reduce-run"));
  CHECK(shell->complete("reduce-run --fresh --std") == Words{"--stdin"});
  CHECK(shell->complete("reduced --") == long_options(box, "reduced"));
  CHECK(shell->complete("reduced --idle-exit 1h --sp") ==
        Words{"--spool-dir", "--spool-limit", "--spool-total"});
  CHECK(shell->noise() == "");
}

TEST_CASE("Values of options are completed where they are known") {
  const std::string kind = GENERATE("bash", "bash alone", "zsh", "fish");
  Sandbox box;
  box.write("some-file", "");
  std::filesystem::create_directory(box.path("some-folder"));
  const auto shell = CompletingShell::start(box, kind);
  if (!shell) return;
  INFO(kind);
  CHECK(shell->complete("reduce-run --stdin ") == Words{"auto", "none", "pass"});
  CHECK(shell->complete("reduce-run --stdin=") == Words{"auto", "none", "pass"});
  CHECK(shell->complete("reduce-run --stdin=p") == Words{"pass"});
  CHECK(shell->complete("reduce-run -v --env-mode=a") == Words{"all", "auto"});
  CHECK(shell->complete("reduce-run --on-wait-timeout ") == Words{"fail", "run"});
  CHECK(shell->complete("reduce-run --stats=") == Words{"detail"});
  CHECK(shell->complete("reduce-run --shell-init ") == Words{"bash", "fish", "zsh"});
  for (const char* option : {"--file", "--report", "--trace", "--timeline", "--socket"}) {
    INFO(option);
    CHECK(contains(shell->complete(std::string("reduce-run ") + option + " some-f"), "some-file"));
    CHECK(contains(shell->complete(std::string("reduce-run ") + option + "=some-f"), "some-file"));
  }
  CHECK(shell->complete("reduce-run --shims some-f") == Words{"some-folder"});
  CHECK(shell->complete("reduced --spool-dir some-f") == Words{"some-folder"});
  CHECK(contains(shell->complete("reduced --socket=some-f"), "some-file"));
  CHECK(shell->noise() == "");
}

TEST_CASE("The command is completed where it begins, whatever options come before it") {
  const std::string kind = GENERATE("bash", "bash alone", "zsh", "fish");
  Sandbox box;
  const auto shell = CompletingShell::start(box, kind);
  if (!shell) return;
  const char* before = GENERATE("", "-v ", "-- ", "--timeout 5m ", "--timeout=5m ", "--ident -- ",
                                "--ident -x ", "--ident a:b --scope=c:d ", "--fresh --file x -- ");
  INFO(kind << ": " << before);
  CHECK(contains(shell->complete(std::string("reduce-run ") + before + "too"), "tool"));
  CHECK(shell->noise() == "");
}

TEST_CASE("From its command on, the command's own completion is in force") {
  const std::string kind = GENERATE("bash", "zsh", "fish");
  Sandbox box;
  box.write("some-file", "");
  const auto shell = CompletingShell::start(box, kind);
  if (!shell) return;
  INFO(kind);
  for (const char* before :
       {"", "-v ", "-- ", "--timeout 5m ", "--timeout=5m ", "--ident -- ", "--ident -x ",
        "--ident a:b ", "--fresh --file x -- ", "reduce-run --scope c "}) {
    INFO(before);
    const std::string line = std::string("reduce-run ") + before;
    CHECK(shell->complete(line + "tool ") == Words{"alpha", "beta"});
    CHECK(shell->complete(line + "tool 'one word' b") == Words{"beta"});
    CHECK_FALSE(contains(shell->complete(line + "tool --st"), "--stats"));
  }
  CHECK(shell->complete("reduce-run -v reduce-run --std") == Words{"--stdin"});
  CHECK_FALSE(contains(shell->complete("reduce-run --ident tool "), "alpha"));
  CHECK(contains(shell->complete("reduce-run --ident tool too"), "tool"));
  CHECK(shell->noise() == "");
}

TEST_CASE("Without the package for bash, a command's words are files") {
  Sandbox box;
  box.write("some-file", "");
  const auto shell = CompletingShell::start(box, "bash alone");
  REQUIRE(shell);
  CHECK(shell->complete("reduce-run --timeout 5m tool some-f") == Words{"some-file"});
}

TEST_CASE("What follows a line for the shell, a shell or a folder of shims") {
  const std::string kind = GENERATE("bash", "bash alone", "zsh", "fish");
  Sandbox box;
  box.write("some-file", "");
  const auto shell = CompletingShell::start(box, kind);
  if (!shell) return;
  INFO(kind);
  CHECK(shell->complete("reduce-run -c 'tool x' some-f") == Words{"some-file"});
  CHECK_FALSE(contains(shell->complete("reduce-run -c tool "), "alpha"));
  for (const char* before :
       {"--shell-init bash ", "--shell-init=zsh tool ", "--shims some tool "}) {
    INFO(before);
    CHECK(contains(shell->complete(std::string("reduce-run ") + before + "too"), "tool"));
    CHECK_FALSE(contains(shell->complete(std::string("reduce-run ") + before), "alpha"));
  }
  CHECK(shell->noise() == "");
}

TEST_CASE("Runs in flight are completed by their numbers") {
  const std::string kind = GENERATE("bash", "bash alone", "zsh", "fish");
  const std::string option = GENERATE("--kill ", "--forget ", "--kill=");
  Sandbox box;
  const auto shell = CompletingShell::start(box, kind);
  if (!shell) return;
  INFO(kind << ": " << option);
  CHECK(shell->complete("reduce-run " + option).empty());
  CHECK(shell->noise() == "");
  CHECK(box.daemons().empty());

  const std::string odd = R"(x],"cwd":"{"id":99,"argv":[)";
  std::vector<Started> callers;
  callers.push_back(box.start(box.puppet({"wait-for", box.path("gate")})));
  callers.push_back(
      box.start(with({"--ident", "x"}, box.puppet({"wait-for", box.path("gate"), "out", odd}))));
  box.await_callers(2);
  Words ids;
  const auto list = box.list();
  for (const auto& run : list.at("runs")) {
    ids.push_back(std::to_string(run.at("id").get<int>()));
  }
  REQUIRE(ids.size() == 2);
  CHECK(shell->complete("reduce-run " + option) == ids);
  const std::string elsewhere = "reduce-run --socket " + box.path("other.sock") + " " + option;
  CHECK(shell->complete(elsewhere).empty());
  CHECK(shell->noise() == "");
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish().code == 0);
}
