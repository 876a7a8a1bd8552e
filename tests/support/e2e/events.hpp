#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace e2e {

using Events = std::vector<nlohmann::json>;

/// The whole lines of `text` as JSON. A line that is none throws.
inline Events events_in(const std::string& text) {
  Events events;
  std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  return events;
}

inline std::size_t count_events(const Events& events, const std::string& name) {
  std::size_t count = 0;
  for (const auto& event : events) count += event.at("event") == name;
  return count;
}

inline std::size_t count_events(const std::string& text, const std::string& name) {
  return count_events(events_in(text), name);
}

/// How often a word stands in a text.
inline std::size_t count_words(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace e2e
