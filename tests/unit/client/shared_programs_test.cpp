#include "client/shared_programs.hpp"

#include "support/catch.hpp"

using namespace reduce;

namespace {

using Words = std::vector<std::string>;

std::string error_of(const std::string& line) {
  const auto programs = shared_programs({"sound", line});
  return programs ? std::string() : programs.error().text;
}

}  // namespace

TEST_CASE("command lines become programs, each once, in order") {
  const auto programs = shared_programs({"npm run build", "make", " npm\t test ", "npm run build"});
  REQUIRE(programs.has_value());
  REQUIRE(programs->size() == 2);
  CHECK(programs->at(0).name == "npm");
  CHECK(programs->at(0).beginnings == std::vector<Words>{{"run", "build"}, {"test"}});
  CHECK(programs->at(1).name == "make");
  CHECK(programs->at(1).beginnings.empty());
}

TEST_CASE(
    "a line of one word shares every call, before other lines of that program or after them") {
  for (const Words& lines : {Words{"npm", "npm test"}, Words{"npm test", "npm", "npm run"}}) {
    const auto programs = shared_programs(lines);
    REQUIRE(programs.has_value());
    REQUIRE(programs->size() == 1);
    CHECK(programs->front().beginnings.empty());
  }
}

TEST_CASE("names as programs have them are taken") {
  for (const char* name : {"g++-12", "python3.11", "7z", "x", "docker-compose", "_x", "a:b@c"}) {
    CAPTURE(name);
    CHECK(error_of(name).empty());
  }
}

TEST_CASE("what can be no program, no function or no shim is refused") {
  for (const char* line : {"",          " ",         "\t",          "/bin/ls", "a/b",
                           "-x",        "a=b",       ".",           "..",      ":",
                           "1",         "$x",        "`x`",         "a;b",     "a|b",
                           "*",         "?",         "~",           "!",       "{",
                           "}",         "[",         "a'b",         "a\"b",    "a\\b",
                           "#x",        "%1",        "caf\xc3\xa9", "a\nb",    "make a\nb",
                           "make \x1b", "make \x7f", "reduce-run",  "reduced", "reduce-run make"}) {
    CAPTURE(line);
    CHECK_FALSE(error_of(line).empty());
  }
}

TEST_CASE("words of a line are literal, whatever a shell would make of them") {
  const auto programs = shared_programs({"make * ! (b) ; # ~ \xff"});
  REQUIRE(programs.has_value());
  CHECK(programs->front().beginnings ==
        std::vector<Words>{{"*", "!", "(b)", ";", "#", "~", "\xff"}});
}

TEST_CASE("words that seem to be quoted are refused") {
  for (const char* line :
       {"make 'a b'", "make it's", "make \"a\"", "make a\\ b", "make $A", "make `a`"}) {
    CAPTURE(line);
    CHECK(error_of(line).find("has quotes") != std::string::npos);
  }
}

TEST_CASE("a word is quoted so that it stays one word, byte for byte") {
  CHECK(posix_quoted("") == "''");
  CHECK(posix_quoted("a b$*`\\\"") == "'a b$*`\\\"'");
  CHECK(posix_quoted("it's") == "'it'\\''s'");
  CHECK(posix_quoted("'") == "''\\'''");
}

TEST_CASE("the condition on a call names the number of its words and each of them") {
  CHECK(posix_condition({"make", {}}).empty());
  CHECK(posix_condition({"make", {{"a"}}}) == "{ [ \"$#\" -ge 1 ] && [ \"${1}\" = 'a' ]; }");
  const std::string two = posix_condition({"make", {{"a", "b"}, {"c"}}});
  CHECK(two ==
        "{ [ \"$#\" -ge 2 ] && [ \"${1}\" = 'a' ] && [ \"${2}\" = 'b' ]; } || "
        "{ [ \"$#\" -ge 1 ] && [ \"${1}\" = 'c' ]; }");
}
