#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/duration.hpp"
#include "command/command.hpp"

namespace reduce {

/// How the process's stdin comes about.
enum class InputMode : std::uint8_t { automatic, pass, none };
/// What a caller does when it has waited for too long.
enum class OnWaitTimeout : std::uint8_t { fail, run };

/// What a user can set for a call, by options, environment or a rule of the config file. What was
/// not set is empty.
struct Settings {
  std::optional<std::string> ident;
  std::optional<std::string> scope;
  std::optional<EnvMode> env_mode;
  std::vector<std::string> env;
  std::vector<std::string> ignore_env;
  std::optional<bool> any_cwd;
  std::vector<std::string> files;
  std::optional<InputMode> input;

  std::optional<bool> fresh;
  std::optional<Duration> max_age;
  std::optional<Duration> ttl;
  std::optional<bool> no_join;

  std::optional<Duration> timeout;
  std::optional<Duration> kill_after;
  std::optional<Duration> wait_timeout;
  std::optional<OnWaitTimeout> on_wait_timeout;
  std::optional<std::uint32_t> retries;
  std::optional<Duration> retry_delay;
  std::optional<Duration> linger;
  std::optional<bool> keep;

  std::optional<std::string> report;
  std::optional<bool> is_private;
  std::optional<bool> require_daemon;
  std::optional<bool> no_start;
  std::optional<bool> verbose;
  std::optional<bool> quiet;

  /// Takes over what `above` sets; lists of both count.
  void overlay(const Settings& above);
};

/// One thing that can be set: the single list that the command line, the config file, the help and
/// the completions are made of.
struct Setting {
  using Member =
      std::variant<std::optional<bool> Settings::*, std::optional<std::string> Settings::*,
                   std::vector<std::string> Settings::*, std::optional<Duration> Settings::*,
                   std::optional<std::uint32_t> Settings::*, std::optional<EnvMode> Settings::*,
                   std::optional<InputMode> Settings::*, std::optional<OnWaitTimeout> Settings::*>;
  const char* option;  ///< as on the command line, with a short form if it has one: "-v,--verbose"
  const char* key;     ///< in the config file
  const char* type;    ///< of the value, for the help; empty for a flag
  const char* help;
  Member member;
};
const std::vector<Setting>& all_settings();

/// Sets what `setting` names from text. False where the text is not such a value. A flag takes
/// "true" and "false".
bool set_from_text(Settings& settings, const Setting& setting, const std::string& text);

}  // namespace reduce
