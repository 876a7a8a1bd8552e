#include "client/settings.hpp"

#include <cstring>
#include <set>

#include "support/catch.hpp"

using namespace reduce;

namespace {

const Setting& setting(std::string_view key) {
  for (const Setting& candidate : all_settings()) {
    if (candidate.key == key) return candidate;
  }
  FAIL("no setting " << key);
  return all_settings().front();
}

template <class T>
bool is_set(const std::optional<T>& value) {
  return value.has_value();
}
bool is_set(const std::vector<std::string>& value) {
  return !value.empty();
}

bool is_set(const Settings& settings, const Setting& one) {
  return std::visit([&](auto member) { return is_set(settings.*member); }, one.member);
}

/// A text that the setting takes.
std::string sound_text(const Setting& one) {
  using Member = Setting::Member;
  const Member& member = one.member;
  if (std::holds_alternative<std::optional<bool> Settings::*>(member)) return "true";
  if (std::holds_alternative<std::optional<Duration> Settings::*>(member)) return "10s";
  if (std::holds_alternative<std::optional<std::uint32_t> Settings::*>(member)) return "3";
  const std::string type = one.type;
  return type.substr(0, type.find('|'));
}

}  // namespace

TEST_CASE("settings are told apart by option, key and member") {
  std::set<std::string> options, keys;
  for (const Setting& one : all_settings()) {
    CAPTURE(one.key);
    CHECK(options.insert(one.option).second);
    CHECK(keys.insert(one.key).second);
    Settings settings;
    REQUIRE(set_from_text(settings, one, sound_text(one)));
    for (const Setting& other : all_settings()) {
      CAPTURE(other.key);
      CHECK(is_set(settings, other) == (&one == &other));
    }
  }
}

TEST_CASE("a key is its option's name") {
  for (const Setting& one : all_settings()) {
    std::string name = std::strstr(one.option, "--") + 2;
    for (char& letter : name) {
      if (letter == '-') letter = '_';
    }
    CHECK(one.key == name);
  }
}

TEST_CASE("every setting is overlaid") {
  for (const Setting& one : all_settings()) {
    CAPTURE(one.key);
    Settings above;
    REQUIRE(set_from_text(above, one, sound_text(one)));
    Settings settings;
    settings.overlay(above);
    CHECK(is_set(settings, one));
    settings.overlay(Settings());
    CHECK(is_set(settings, one));
  }
}

TEST_CASE("what is above wins, lists add up") {
  Settings below, above;
  below.scope = "below";
  below.any_cwd = true;
  below.env = {"A"};
  above.scope = "above";
  above.any_cwd = false;
  above.env = {"B", "A"};
  below.overlay(above);
  CHECK(below.scope == "above");
  CHECK(below.any_cwd == false);
  CHECK(below.env == std::vector<std::string>{"A", "B", "A"});
}

TEST_CASE("named values are read, others refused") {
  Settings settings;
  CHECK(set_from_text(settings, setting("stdin"), "pass"));
  CHECK(settings.input == InputMode::pass);
  CHECK(set_from_text(settings, setting("env_mode"), "all"));
  CHECK(settings.env_mode == EnvMode::all);
  for (const char* text : {"", "Auto", "auto ", "autos", "no"}) {
    CAPTURE(text);
    CHECK_FALSE(set_from_text(settings, setting("stdin"), text));
    CHECK_FALSE(set_from_text(settings, setting("env_mode"), text));
    CHECK_FALSE(set_from_text(settings, setting("no_join"), text));
  }
}
