// The text of a config file, read event by event, so that an error can name its line.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/config.hpp"

namespace reduce {
namespace {

using Json = nlohmann::json;

/// Reads the text for the parser and counts lines: those before the character that was read last,
/// because the parser looks one character ahead of a number.
class LineCounter {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  LineCounter(const char* at, std::size_t& line) : at_(at), line_(&line) {}
  reference operator*() const { return *at_; }
  LineCounter& operator++() {
    *line_ += is_line_over_;
    is_line_over_ = *at_++ == '\n';
    return *this;
  }
  LineCounter operator++(int) {
    const LineCounter before = *this;
    ++*this;
    return before;
  }
  bool operator==(const LineCounter& other) const { return at_ == other.at_; }
  bool operator!=(const LineCounter& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* line_;
  bool is_line_over_ = false;
};

enum class Kind { flag, text, number };

/// What a user is told that a setting takes.
struct Expected {
  bool (*accepts)(Kind);
  std::string words;
};
Expected expected_of(const Setting& setting) {
  using Member = Setting::Member;
  const Member& member = setting.member;
  if (std::holds_alternative<std::optional<bool> Settings::*>(member)) {
    return {[](Kind kind) { return kind == Kind::flag; }, "true or false"};
  }
  if (std::holds_alternative<std::optional<Duration> Settings::*>(member)) {
    return {[](Kind kind) { return kind != Kind::flag; }, "a duration: \"10s\", or seconds"};
  }
  if (std::holds_alternative<std::optional<std::uint32_t> Settings::*>(member)) {
    return {[](Kind kind) { return kind == Kind::number; }, "a whole number"};
  }
  const auto is_text = [](Kind kind) { return kind == Kind::text; };
  if (std::holds_alternative<std::vector<std::string> Settings::*>(member)) {
    return {is_text, "a string or a list of strings"};
  }
  if (std::strchr(setting.type, '|') != nullptr) return {is_text, setting.type};
  return {is_text, "a string"};
}

bool is_list(const Setting& setting) {
  return std::holds_alternative<std::vector<std::string> Settings::*>(setting.member);
}

const Setting* find_setting(std::string_view key) {
  const auto& all = all_settings();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [key](const Setting& setting) { return setting.key == key; });
  return found != all.end() ? &*found : nullptr;
}

/// On one line, and without what a terminal would obey.
std::string visible(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char byte) { return byte < ' ' || byte == 0x7f; }, '?');
  return text;
}

/// A name of the file's.
std::string quoted(std::string text) {
  return '"' + visible(std::move(text)) + '"';
}

/// Takes the parser's events. Each returns false where the file is wrong, which ends the parsing.
class ConfigReader {
 public:
  explicit ConfigReader(const std::size_t& line) : line_(line) {}

  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  bool null() { return refuse_value(); }
  bool boolean(bool value) { return take(Kind::flag, value ? "true" : "false"); }
  bool number_integer(number_integer_t value) { return take(Kind::number, std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) {
    return take(Kind::number, std::to_string(value));
  }
  bool number_float(number_float_t value, const string_t&) {
    return take(Kind::number, std::to_string(value));
  }
  bool string(string_t& value) { return take(Kind::text, value); }
  bool binary(binary_t&) { return refuse_value(); }

  bool start_object(std::size_t) {
    if (place_ == Place::outside) {
      place_ = Place::file;
    } else if (place_ == Place::rules) {
      place_ = Place::rule;
      rule_line_ = line_;
      rule_keys_.clear();
      config_.rules.emplace_back();
    } else {
      return refuse_value();
    }
    return true;
  }
  bool end_object() {
    if (place_ == Place::rule && config_.rules.back().match.empty()) {
      return fail("a rule needs \"match\"", rule_line_);
    }
    place_ = place_ == Place::rule ? Place::rules : Place::outside;
    return true;
  }
  bool start_array(std::size_t) {
    if (place_ == Place::file && key_ == "rules") {
      place_ = Place::rules;
    } else if (is_inside_object() && (key_ == "match" || (setting_ && is_list(*setting_)))) {
      list_owner_ = std::exchange(place_, Place::list);
    } else {
      return refuse_value();
    }
    return true;
  }
  bool end_array() {
    if (place_ == Place::list && key_ == "match" && config_.rules.back().match.empty()) {
      return refuse_value();
    }
    place_ = place_ == Place::list ? list_owner_ : Place::file;
    return true;
  }
  bool key(string_t& name) {
    auto& keys = place_ == Place::file ? file_keys_ : rule_keys_;
    if (std::find(keys.begin(), keys.end(), name) != keys.end()) {
      return fail("key " + quoted(name) + " is there twice");
    }
    keys.push_back(name);
    key_ = name;
    setting_ = find_setting(name);
    const bool known = place_ == Place::file ? name == "rules" || name == "ignore_env"
                                             : name == "match" || setting_ != nullptr;
    return known || fail("unknown key " + quoted(name));
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    // Before these words are the library's name for it and a position.
    const std::string_view text = error.what();
    auto words = std::min(text.find("syntax error"), text.find("number overflow"));
    // Newer releases have words of their own for an empty input, behind "[json.exception…] ".
    if (words == std::string_view::npos) words = text.find("] ") + 2;
    return fail(visible(std::string(words < text.size() ? text.substr(words) : text)));
  }

  Config take_config() { return std::move(config_); }
  const std::string& reason() const { return reason_; }
  std::size_t reason_line() const { return reason_line_; }

 private:
  enum class Place { outside, file, rules, rule, list };

  bool is_inside_object() const { return place_ == Place::file || place_ == Place::rule; }
  Settings& target() {
    const Place owner = place_ == Place::list ? list_owner_ : place_;
    return owner == Place::rule ? config_.rules.back().settings : config_.settings;
  }

  bool take(Kind kind, const std::string& text) {
    if (!is_inside_object() && place_ != Place::list) return refuse_value();
    // What goes on as bytes ended by NUL must not hold one.
    if (text.find('\0') != std::string::npos) return refuse_value();
    if (setting_ == nullptr) {
      if (place_ != Place::list || kind != Kind::text) return refuse_value();
      config_.rules.back().match.push_back(text);
      return true;
    }
    const bool empty_name = setting_->member == Setting::Member(&Settings::ident) && text.empty();
    const bool accepted = expected_of(*setting_).accepts(kind) && !empty_name;
    return (accepted && set_from_text(target(), *setting_, text)) || refuse_value();
  }

  bool refuse_value() {
    if (place_ == Place::outside) return fail("a config is an object: {...}");
    if (place_ == Place::rules || (place_ == Place::file && key_ == "rules")) {
      return fail("\"rules\" must be a list of objects");
    }
    if (key_ == "match") return fail("\"match\" must be a list of strings, not empty");
    if (key_ == "ident") return fail("\"ident\" must be a string that is not empty");
    return fail(quoted(key_) + " must be " + expected_of(*setting_).words);
  }
  bool fail(std::string reason) { return fail(std::move(reason), line_); }
  bool fail(std::string reason, std::size_t line) {
    reason_ = std::move(reason);
    reason_line_ = line;
    return false;
  }

  const std::size_t& line_;
  Config config_;
  Place place_ = Place::outside;
  Place list_owner_ = Place::outside;
  std::vector<std::string> file_keys_, rule_keys_;
  std::string key_;
  const Setting* setting_ = nullptr;  ///< of the key; null for "match" and "rules"
  std::size_t rule_line_ = 0;
  std::string reason_;
  std::size_t reason_line_ = 0;
};

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& path) {
  std::size_t line = 1;
  ConfigReader reader(line);
  const LineCounter begin(text.data(), line);
  const LineCounter end(text.data() + text.size(), line);
  if (!Json::sax_parse(begin, end, &reader)) {
    return make_error(path + ":" + std::to_string(reader.reason_line()) + ": " + reader.reason());
  }
  return reader.take_config();
}

}  // namespace reduce
