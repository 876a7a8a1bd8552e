#include "client/settings.hpp"

#include <charconv>

namespace reduce {
namespace {

bool read(const std::string& text, std::optional<bool>& value) {
  if (text != "true" && text != "false") return false;
  value = text == "true";
  return true;
}
bool read(const std::string& text, std::optional<std::string>& value) {
  value = text;
  return true;
}
bool read(const std::string& text, std::vector<std::string>& value) {
  value.push_back(text);
  return true;
}
bool read(const std::string& text, std::optional<Duration>& value) {
  value = parse_duration(text);
  return value.has_value();
}
bool read(const std::string& text, std::optional<std::uint32_t>& value) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  value = number;
  return result.ec == std::errc() && result.ptr == end;
}

/// Sets one of a few named values.
template <class T>
bool choose(const std::string& text, std::optional<T>& value,
            std::initializer_list<std::pair<const char*, T>> choices) {
  for (const auto& [name, choice] : choices) {
    if (text == name) value = choice;
  }
  return value.has_value();
}
bool read(const std::string& text, std::optional<EnvMode>& value) {
  value.reset();
  return choose(text, value,
                {{"auto", EnvMode::automatic}, {"all", EnvMode::all}, {"none", EnvMode::none}});
}
bool read(const std::string& text, std::optional<InputMode>& value) {
  value.reset();
  return choose(
      text, value,
      {{"auto", InputMode::automatic}, {"pass", InputMode::pass}, {"none", InputMode::none}});
}
bool read(const std::string& text, std::optional<OnWaitTimeout>& value) {
  value.reset();
  return choose(text, value, {{"fail", OnWaitTimeout::fail}, {"run", OnWaitTimeout::run}});
}

template <class T>
void overlay_value(std::optional<T>& below, const std::optional<T>& above) {
  if (above) below = above;
}
void overlay_value(std::vector<std::string>& below, const std::vector<std::string>& above) {
  below.insert(below.end(), above.begin(), above.end());
}

}  // namespace

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> settings = {
      {"--ident", "ident", "STR",
       "Share with all calls of this name; arguments, directory and environment do not count",
       &Settings::ident},
      {"--scope", "scope", "NAME", "Share only within this scope", &Settings::scope},
      {"--env-mode", "env_mode", "auto|all|none",
       "Which variables count: all but the volatile ones (auto), all, none", &Settings::env_mode},
      {"--env", "env", "NAME", "This variable counts too, set or not (repeatable)", &Settings::env},
      {"--ignore-env", "ignore_env", "GLOB", "Variables of such names do not count (repeatable)",
       &Settings::ignore_env},
      {"--any-cwd", "any_cwd", "", "The working directory does not count", &Settings::any_cwd},
      {"--file", "file", "PATH", "The state of this file counts (repeatable)", &Settings::files},
      {"--stdin", "stdin", "auto|pass|none",
       "What the command reads: a regular file's content (auto), all of stdin (pass), nothing",
       &Settings::input},
      {"--no-join", "no_join", "", "Neither join a run nor be joined", &Settings::no_join},
      {"--fresh", "fresh", "",
       "Only a run that starts after this call; one that is in flight is waited for",
       &Settings::fresh},
      {"--max-age", "max_age", "DUR", "Do not join a run older than this", &Settings::max_age},
      {"--ttl", "ttl", "DUR", "Share a successful run until this long after its end",
       &Settings::ttl},
      {"--timeout", "timeout", "DUR", "End the run after this long: SIGTERM, status 124",
       &Settings::timeout},
      {"--kill-after", "kill_after", "DUR", "SIGKILL this long after SIGTERM (default: 5s)",
       &Settings::kill_after},
      {"--wait-timeout", "wait_timeout", "DUR",
       "Wait at most this long; the run goes on for others", &Settings::wait_timeout},
      {"--on-wait-timeout", "on_wait_timeout", "fail|run",
       "Then fail with status 75, or run the command unshared", &Settings::on_wait_timeout},
      {"--retries", "retries", "N", "Try again while the command fails, at most N times",
       &Settings::retries},
      {"--retry-delay", "retry_delay", "DUR", "Wait this long before each further try",
       &Settings::retry_delay},
      {"--linger", "linger", "DUR", "Let the run go on this long after its last caller left",
       &Settings::linger},
      {"--keep", "keep", "", "Let the run go on to its end, callers or not", &Settings::keep},
      {"--private", "private", "", "Show nobody more of the command than its program's name",
       &Settings::is_private},
      {"--report", "report", "FILE", "Write how the call went as a JSON object", &Settings::report},
      {"-q,--quiet", "quiet", "", "Show nothing while waiting for another's run", &Settings::quiet},
      {"--require-daemon", "require_daemon", "", "Fail rather than run the command unshared",
       &Settings::require_daemon},
      {"--no-start", "no_start", "", "Do not start a daemon where there is none",
       &Settings::no_start},
      {"-v,--verbose", "verbose", "", "Say which run serves this call", &Settings::verbose},
  };
  return settings;
}

bool set_from_text(Settings& settings, const Setting& setting, const std::string& text) {
  return std::visit([&](auto member) { return read(text, settings.*member); }, setting.member);
}

void Settings::overlay(const Settings& above) {
  for (const Setting& setting : all_settings()) {
    std::visit([&](auto member) { overlay_value(this->*member, above.*member); }, setting.member);
  }
}

}  // namespace reduce
