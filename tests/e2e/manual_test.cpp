// The manual and the completions tell what the programs do.

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <regex>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"
#include "support/e2e/shipped.hpp"
#include "support/e2e/told_options.hpp"

using namespace e2e;

namespace {

std::string shipped_file(const std::string& name) {
  const std::string text = read_file(shipped_path(name));
  INFO(shipped_path(name));
  REQUIRE_FALSE(text.empty());
  return text;
}

ToldOptions options_of(const Sandbox& box, const std::string& program) {
  return options_in_help(Started(box.direct({Sandbox::program(program), "--help"})).finish().out);
}

/// The keys of rules that the manual lists.
Words keys_in_manual() {
  const std::string page = shipped_file("reduce-config.5");
  const std::string settings = page.substr(page.find(".Ss Settings"));
  Words keys;
  const std::regex item("\\n\\.It Cm ([a-z_]+)");
  for (auto at = std::sregex_iterator(settings.begin(), settings.end(), item);
       at != std::sregex_iterator(); ++at) {
    keys.push_back(at->str(1));
  }
  return keys;
}

/// Keys that have the name of an option.
Words possible_keys(const ToldOptions& options) {
  Words keys;
  for (const std::string& option : options) {
    if (!option.starts_with("--")) continue;
    std::string key = option.substr(2, option.find(' ') - 2);
    std::replace(key.begin(), key.end(), '-', '_');
    keys.push_back(key);
  }
  return keys;
}

bool is_key(const Sandbox& box, const std::string& key) {
  std::filesystem::create_directories(box.path(".config/reduce"));
  box.write(".config/reduce/config.json", R"({"rules": [{"match": ["x"], ")" + key + R"(": {}}]})");
  const Result result = box.run({"x"});
  CHECK(result.code == 125);
  return result.err.find("unknown key") == std::string::npos;
}

}  // namespace

TEST_CASE("Help, manual and completions tell of the same options") {
  Sandbox box;
  const std::string program = GENERATE("reduce-run", "reduced");
  INFO(program);
  const ToldOptions options = options_of(box, program);
  REQUIRE(options.size() > 10);
  {
    INFO("manual");
    CHECK(options_in_manual(shipped_file(program + ".1")) == options);
  }
  {
    INFO("bash");
    CHECK(options_in_bash(shipped_file(program + ".bash")) == options);
  }
  {
    INFO("zsh");
    CHECK(options_in_zsh(shipped_file("_" + program)) == options);
  }
  {
    INFO("fish");
    CHECK(options_in_fish(shipped_file(program + ".fish")) == options);
  }
}

TEST_CASE("The completion for fish knows in one place which options take a value") {
  const std::string text = shipped_file("reduce-run.fish");
  ToldOptions valued;
  for (const std::string& option : options_in_fish(text)) {
    if (option.ends_with(" VALUE")) valued.push_back(option.substr(0, option.find(' ')));
  }
  std::sort(valued.begin(), valued.end());
  CHECK(list_in_fish(text) == valued);
}

TEST_CASE("The manual of the config file lists the keys that are known, and no others") {
  Sandbox box;
  Words known;
  for (const std::string& key : possible_keys(options_of(box, "reduce-run"))) {
    if (is_key(box, key)) known.push_back(key);
  }
  std::sort(known.begin(), known.end());
  REQUIRE(known.size() > 10);
  CHECK(keys_in_manual() == known);
  CHECK(box.daemons().empty());
}

TEST_CASE("The manual is sound") {
  const char* page = GENERATE("reduce-run.1", "reduce-config.5", "reduced.1");
  if (::access("/usr/bin/mandoc", X_OK) != 0) {
    WARN("mandoc is not installed");
    return;
  }
  Sandbox box;
  const Words lint = {"/usr/bin/mandoc", "-Tlint", "-Wwarning", shipped_path(page)};
  CHECK(Started(box.direct(lint)).finish() == exited(0));
}
