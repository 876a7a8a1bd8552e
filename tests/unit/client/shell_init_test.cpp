#include "client/shell_init.hpp"

#include "client/shim_text.hpp"
#include "command/shim.hpp"
#include "support/catch.hpp"

using namespace reduce;

namespace {

std::string functions(Shell shell, const std::string& line) {
  const auto programs = shared_programs({line});
  REQUIRE(programs.has_value());
  const auto text = shell_functions(shell, *programs);
  return text ? *text : "refused: " + text.error().text;
}

}  // namespace

TEST_CASE("three shells are known by name") {
  CHECK(shell_of("bash") == Shell::bash);
  CHECK(shell_of("zsh") == Shell::zsh);
  CHECK(shell_of("fish") == Shell::fish);
  for (const char* other : {"", "sh", "dash", "Bash", "bash ", "/bin/bash"}) {
    CHECK_FALSE(shell_of(other).has_value());
  }
}

TEST_CASE("a shell's own words and hooks are no names for functions of ours") {
  for (const char* name : {"if", "cd", "command", "test", "time", "true", "exec"}) {
    CAPTURE(name);
    for (const Shell shell : {Shell::bash, Shell::zsh, Shell::fish}) {
      CHECK(functions(shell, name).starts_with("refused"));
    }
  }
  CHECK(functions(Shell::zsh, "precmd").starts_with("refused"));
  CHECK(functions(Shell::zsh, "TRAPINT").starts_with("refused"));
  CHECK(functions(Shell::bash, "command_not_found_handle").starts_with("refused"));
  CHECK(functions(Shell::fish, "fish_prompt").starts_with("refused"));
  CHECK(functions(Shell::bash, "string").starts_with("function string"));
  CHECK(functions(Shell::fish, "string").starts_with("refused"));
}

TEST_CASE("words of fish functions are quoted as fish has it") {
  const std::string text = *shell_functions(Shell::fish, {{"make", {{"it's", "a\\b"}}}});
  CHECK(text.find("contains -- \"$argv[1]\" 'it\\'s'") != std::string::npos);
  CHECK(text.find("contains -- \"$argv[2]\" 'a\\\\b'") != std::string::npos);
  CHECK(text.find("set -q argv[2]") != std::string::npos);
}

TEST_CASE("a shim begins as every shim does and is current for the one that wrote it") {
  const std::string text = shim_text({"make", {{"all"}}}, "/opt/it's/reduce-run");
  CHECK(text.starts_with(kShimHead));
  CHECK(is_current_shim(text, "/opt/it's/reduce-run"));
  CHECK_FALSE(is_current_shim(text, "/opt/reduce-run"));
  std::string older = text;
  older[kShimHead.size()] = '0';
  CHECK_FALSE(is_current_shim(older, "/opt/it's/reduce-run"));
  CHECK(text.find("PROGRAM") == std::string::npos);
}
