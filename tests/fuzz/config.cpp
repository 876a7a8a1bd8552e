// The text of a config file.
#include "client/config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "target.hpp"

using namespace reduce;

namespace {

using Json = nlohmann::ordered_json;

bool is_same(const Settings& one, const Settings& other) {
  return std::all_of(all_settings().begin(), all_settings().end(), [&](const Setting& setting) {
    return std::visit([&](auto member) { return one.*member == other.*member; }, setting.member);
  });
}

bool is_same(const Config& one, const Config& other) {
  return is_same(one.settings, other.settings) &&
         std::equal(one.rules.begin(), one.rules.end(), other.rules.begin(), other.rules.end(),
                    [](const Rule& rule, const Rule& second) {
                      return rule.match == second.match && is_same(rule.settings, second.settings);
                    });
}

bool is_sound(const std::string& text) {
  return text.find('\0') == std::string::npos;
}
bool is_sound(bool) {
  return true;
}
bool is_sound(std::uint32_t) {
  return true;
}
bool is_sound(Duration duration) {
  return duration >= Duration::zero() && seconds(duration) <= 9e9;
}
template <class Choice>
bool is_sound(Choice choice) {
  return static_cast<int>(choice) >= 0 && static_cast<int>(choice) <= 2;
}
template <class T>
bool is_sound(const std::optional<T>& value) {
  return !value || is_sound(*value);
}
bool is_sound(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const std::string& text) { return is_sound(text); });
}

void check_settings(const Settings& settings) {
  for (const Setting& setting : all_settings()) {
    EXPECT(std::visit([&](auto member) { return is_sound(settings.*member); }, setting.member));
  }
  EXPECT(!settings.ident || !settings.ident->empty());
}

/// `PATH:LINE: reason`, of a line that is there.
void check_refusal(const std::string& text, std::string_view input) {
  EXPECT(fuzz::is_visible(text));
  EXPECT(text.starts_with("/c:"));
  const std::size_t colon = text.find(": ");
  EXPECT(colon != std::string::npos && colon + 2 < text.size());
  const int line = std::stoi(text.substr(3, colon - 3));
  EXPECT(line >= 1 && line <= 1 + std::count(input.begin(), input.end(), '\n'));
}

/// What it sets for a command of the words of its own rules.
void apply_rules(const Config& config) {
  for (const Rule& rule : config.rules) {
    EXPECT(!rule.match.empty());
    check_settings(rule.settings);
    std::vector<const char*> words;
    for (const std::string& glob : rule.match) words.push_back(glob.c_str());
    words.push_back(nullptr);
    check_settings(config.settings_of(words.data()));
  }
}

}  // namespace

FUZZ_TARGET(config) {
  const auto config = parse_config(input, "/c");
  if (!config) return check_refusal(config.error().text, input);
  check_settings(config->settings);
  apply_rules(*config);
  // The same data, written in another way.
  const Json json = Json::parse(input, nullptr, false);
  EXPECT(json.is_object());
  const auto again = parse_config(json.dump(2), "/c");
  EXPECT(again && is_same(*config, *again));
}
