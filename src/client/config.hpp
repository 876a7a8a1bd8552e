#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "client/settings.hpp"

namespace reduce {

/// Settings for the commands that begin as `match` says.
struct Rule {
  /// Globs (fnmatch(3)), word by word; the first also meets a program's name without its folders,
  /// unless it has a slash itself.
  std::vector<std::string> match;
  Settings settings;
};

/// What a user has set once for all calls.
struct Config {
  Settings settings;  ///< of every call
  std::vector<Rule> rules;

  /// What is set for a command: rules that match, later ones above earlier ones. `words` end with
  /// a null pointer.
  Settings settings_of(const char* const* words) const;
};

/// Reads the text of a config file. An error names the line in the form `PATH:LINE: reason`.
Result<Config> parse_config(std::string_view text, const std::string& path);

/// Where the config file is, if the environment tells: `$XDG_CONFIG_HOME/reduce/config.json`, else
/// below `$HOME/.config`. Empty otherwise.
std::string config_path();

/// What is in that file; nothing where there is none.
Result<std::optional<Config>> load_config(const std::string& path);

/// Puts what the user's config file says of the command below what `settings` hold. An error where
/// there is a file that cannot be used.
Result<void> apply_config(const char* const* words, Settings& settings);

}  // namespace reduce
