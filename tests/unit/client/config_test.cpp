#include "client/config.hpp"

#include <cstdlib>

#include "support/catch.hpp"

using namespace reduce;
using namespace std::chrono_literals;

namespace {

Settings settings_of(const std::string& text, std::vector<const char*> words) {
  const auto config = parse_config(text, "/c.json");
  if (!config) FAIL(config.error().text);
  words.push_back(nullptr);
  return config->settings_of(words.data());
}

/// What a rule with this beside its "match" sets.
Settings settings_of_rule(const std::string& members) {
  return settings_of(R"({"rules": [{"match": ["*"], )" + members + "}]}", {"program"});
}

std::string error_of(const std::string& text) {
  const auto config = parse_config(text, "/c.json");
  return config ? "sound" : config.error().text;
}

std::string error_of_rule(const std::string& members) {
  const std::string text = error_of("{\"rules\": [\n{\"match\": [\"*\"],\n" + members + "\n}]}");
  const std::string start = "/c.json:3: ";
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

bool is_met(const std::string& match, std::vector<const char*> words) {
  const std::string text = R"({"rules": [{"match": )" + match + R"(, "fresh": true}]})";
  return settings_of(text, std::move(words)).fresh.value_or(false);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a config may be empty") {
  CHECK(settings_of("{}", {"a"}).ignore_env.empty());
  CHECK(settings_of(R"({"ignore_env": [], "rules": []})", {"a"}).ignore_env.empty());
}

TEST_CASE("the variables of every call, and those of rules, add up") {
  const std::string text = R"({
    "ignore_env": ["A*", "B"],
    "rules": [
      {"match": ["x"], "ignore_env": "C", "env": ["D", "E"]},
      {"match": ["y"], "ignore_env": ["no"]},
      {"match": ["?"], "ignore_env": ["F"]}
    ]})";
  CHECK(settings_of(text, {"x"}).ignore_env == Texts{"A*", "B", "C", "F"});
  CHECK(settings_of(text, {"x"}).env == Texts{"D", "E"});
  CHECK(settings_of(text, {"long"}).ignore_env == Texts{"A*", "B"});
}

TEST_CASE("of rules that match, the later one wins") {
  const std::string text = R"({"rules": [
    {"match": ["x"], "scope": "one", "any_cwd": true, "fresh": true},
    {"match": ["x", "a"], "scope": "two", "any_cwd": false}]})";
  CHECK(settings_of(text, {"x", "b"}).scope == "one");
  CHECK(settings_of(text, {"x", "b"}).any_cwd == true);
  CHECK(settings_of(text, {"x", "a"}).scope == "two");
  CHECK(settings_of(text, {"x", "a"}).any_cwd == false);
  CHECK(settings_of(text, {"x", "a"}).fresh == true);
}

TEST_CASE("a rule is for commands that begin with its words") {
  CHECK(is_met(R"(["npm"])", {"npm"}));
  CHECK(is_met(R"(["npm"])", {"npm", "run", "x"}));
  CHECK(is_met(R"(["npm", "run", "*"])", {"npm", "run", "x", "y"}));
  CHECK(is_met(R"(["npm", "run", ""])", {"npm", "run", ""}));
  CHECK(is_met(R"(["n[op]m"])", {"npm"}));
  CHECK_FALSE(is_met(R"(["npm", "run", "*"])", {"npm", "run"}));
  CHECK_FALSE(is_met(R"(["npm", "run"])", {"npm", "ci", "run"}));
  CHECK_FALSE(is_met(R"(["npm"])", {"npmx"}));
  CHECK_FALSE(is_met(R"(["npm"])", {"NPM"}));
  CHECK_FALSE(is_met(R"(["npm run"])", {"npm", "run"}));
}

TEST_CASE("a program is met with and without its folder, another word only whole") {
  CHECK(is_met(R"(["make"])", {"/usr/bin/make"}));
  CHECK(is_met(R"(["make"])", {"./make"}));
  CHECK(is_met(R"(["/usr/*/make"])", {"/usr/bin/make"}));
  CHECK(is_met(R"(["*"])", {"/usr/bin/make"}));
  CHECK_FALSE(is_met(R"(["/usr/bin/make"])", {"make"}));
  CHECK_FALSE(is_met(R"(["./make"])", {"/usr/bin/make"}));
  CHECK_FALSE(is_met(R"(["bin/make"])", {"/usr/bin/make"}));
  CHECK_FALSE(is_met(R"(["make", "all"])", {"make", "x/all"}));
}

TEST_CASE("values of every type are read") {
  CHECK(settings_of_rule(R"("fresh": true)").fresh == true);
  CHECK(settings_of_rule(R"("fresh": false)").fresh == false);
  CHECK(settings_of_rule(R"("timeout": "1h30m")").timeout == 90min);
  CHECK(settings_of_rule(R"("timeout": "5")").timeout == 5s);
  CHECK(settings_of_rule(R"("timeout": 10)").timeout == 10s);
  CHECK(settings_of_rule(R"("timeout": 0.25)").timeout == 250ms);
  CHECK(settings_of_rule(R"("timeout": 1e2)").timeout == 100s);
  CHECK(settings_of_rule(R"("retries": 3)").retries == 3u);
  CHECK(settings_of_rule(R"("scope": "")").scope == "");
  CHECK(settings_of_rule(R"("scope": "\u00e4\n")").scope == "\u00e4\n");
  CHECK(settings_of_rule(R"("stdin": "none")").input == InputMode::none);
  CHECK(settings_of_rule(R"("env_mode": "all")").env_mode == EnvMode::all);
  CHECK(settings_of_rule(R"("on_wait_timeout": "run")").on_wait_timeout == OnWaitTimeout::run);
  CHECK(settings_of_rule(R"("file": "one")").files == Texts{"one"});
  CHECK(settings_of_rule(R"("file": ["one", "two"])").files == Texts{"one", "two"});
}

TEST_CASE("no setting takes what is of another type") {
  using Member = Setting::Member;
  for (const Setting& setting : all_settings()) {
    const Member& member = setting.member;
    const bool is_flag = std::holds_alternative<std::optional<bool> Settings::*>(member);
    const bool is_list = std::holds_alternative<std::vector<std::string> Settings::*>(member);
    const bool is_duration = std::holds_alternative<std::optional<Duration> Settings::*>(member);
    const bool is_count = std::holds_alternative<std::optional<std::uint32_t> Settings::*>(member);
    for (const auto& [value, is_sound] :
         std::initializer_list<std::pair<std::string, bool>>{{"true", is_flag},
                                                             {"7", is_duration || is_count},
                                                             {"7.5", is_duration},
                                                             {"-7", false},
                                                             {"null", false},
                                                             {"{}", false},
                                                             {R"(["a"])", is_list},
                                                             {R"(["a", 1])", false},
                                                             {R"([["a"]])", false},
                                                             {R"("7\u0000")", false}}) {
      const std::string line = '"' + std::string(setting.key) + "\": " + value;
      CAPTURE(line);
      const std::string error = error_of_rule(line);
      if (is_sound) {
        CHECK(error == "sound");
      } else {
        CHECK(error.starts_with('"' + std::string(setting.key) + "\" must be "));
      }
    }
  }
}

TEST_CASE("an error names the line and what is wrong there") {
  const std::pair<const char*, const char*> table[] = {
      {"{\n\"foo\": 1}", "2: unknown key \"foo\""},
      {"{\"rules\": [\n\n{\"match\": [\"a\"], \"fo\\no\": 1}]}", "3: unknown key \"fo?o\""},
      {"{\"fresh\": true}", "1: unknown key \"fresh\""},
      {"{\"match\": [\"a\"]}", "1: unknown key \"match\""},
      {"{\"rules\": [{\"rules\": []}]}", "1: unknown key \"rules\""},
      {"{\"ignore_env\": 1\n}", "1: \"ignore_env\" must be a string or a list of strings"},
      {"{\"ignore_env\": [\"a\",\n 1\n]}",
       "2: \"ignore_env\" must be a string or a list of strings"},
      {"{\"ignore_env\": {}}", "1: \"ignore_env\" must be a string or a list of strings"},
      {"{\"rules\": {}}", "1: \"rules\" must be a list of objects"},
      {"{\"rules\": null}", "1: \"rules\" must be a list of objects"},
      {"{\"rules\": [\n[]]}", "2: \"rules\" must be a list of objects"},
      {"{\"rules\": [\"a\"]}", "1: \"rules\" must be a list of objects"},
      {"{\"rules\": [\n{\n\"fresh\": true\n}\n]}", "2: a rule needs \"match\""},
      {"{\"rules\": [{\n\"match\": []}]}", "2: \"match\" must be a list of strings, not empty"},
      {"{\"rules\": [{\n\"match\": \"a\"}]}", "2: \"match\" must be a list of strings, not empty"},
      {"{\"rules\": [{\"match\": [\"a\",\n2]}]}",
       "2: \"match\" must be a list of strings, not empty"},
      {"{\"ignore_env\": [],\n\"ignore_env\": []}", "2: key \"ignore_env\" is there twice"},
      {"[]", "1: a config is an object: {...}"},
      {"7", "1: a config is an object: {...}"},
  };
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    CHECK(error_of(text) == "/c.json:" + std::string(expected));
  }
}

TEST_CASE("a key may be in each of several rules") {
  CHECK(error_of(R"({"rules": [{"match": ["a"]}, {"match": ["b"]}]})") == "sound");
}

TEST_CASE("a rule's own words are refused as on the command line") {
  CHECK(error_of_rule(R"("ident": "")") == "\"ident\" must be a string that is not empty");
  CHECK(error_of_rule(R"("stdin": "maybe")") == "\"stdin\" must be auto|pass|none");
  CHECK(error_of_rule(R"("retries": "3")") == "\"retries\" must be a whole number");
  CHECK(error_of_rule(R"("retries": 4294967296)") == "\"retries\" must be a whole number");
  CHECK(error_of_rule(R"("timeout": "soon")") ==
        "\"timeout\" must be a duration: \"10s\", or seconds");
}

TEST_CASE("what is no JSON is an error of one line that names its line") {
  const std::pair<const char*, int> table[] = {{"", 1},
                                               {"{\n\"ignore_env\": [\n", 2},
                                               {"{\n} x", 2},
                                               {"{\n\n'a': 1}", 3},
                                               {"{\n\"a\nb\"}", 2},
                                               {"{} // no", 1},
                                               {"{\"ignore_env\": [\"a\",\n]}", 2},
                                               {"{\"rules\":\n1e999}", 2}};
  for (const auto& [text, line] : table) {
    CAPTURE(text);
    const std::string error = error_of(text);
    CHECK(error.starts_with("/c.json:" + std::to_string(line) + ": "));
    CHECK(error.find('\n') == std::string::npos);
    CHECK(error.find("json.exception") == std::string::npos);
  }
}

TEST_CASE("the config file is where the XDG specification says") {
  ::setenv("HOME", "/home/one", 1);
  ::setenv("XDG_CONFIG_HOME", "/xdg", 1);
  CHECK(config_path() == "/xdg/reduce/config.json");
  ::setenv("XDG_CONFIG_HOME", "relative", 1);
  CHECK(config_path() == "/home/one/.config/reduce/config.json");
  ::setenv("XDG_CONFIG_HOME", "", 1);
  CHECK(config_path() == "/home/one/.config/reduce/config.json");
  ::unsetenv("XDG_CONFIG_HOME");
  CHECK(config_path() == "/home/one/.config/reduce/config.json");
  ::setenv("HOME", "", 1);
  CHECK(config_path().empty());
  ::unsetenv("HOME");
  CHECK(config_path().empty());
}
