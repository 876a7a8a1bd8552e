#include <unistd.h>

#include <string_view>

#include "client/config.hpp"
#include "client/findings.hpp"

namespace reduce {
namespace {

using State = Finding::State;

Finding check_config() {
  const std::string path = config_path();
  if (path.empty()) {
    return {"config", State::ok, "none: neither HOME nor XDG_CONFIG_HOME is set", {}};
  }
  const auto config = load_config(path);
  if (!config) {
    return {"config", State::bad, config.error().text, "mend it: until then nothing is run"};
  }
  if (!*config) return {"config", State::ok, "none at " + path, {}};
  const std::size_t rules = (*config)->rules.size();
  return {"config",
          State::ok,
          path + ", " + std::to_string(rules) + (rules == 1 ? " rule" : " rules"),
          {}};
}

/// A variable of ours, as what it does to calls.
Finding check_variable(const std::string& name, const std::string& value) {
  const std::string text = name + "=" + value;
  if (name == "REDUCE_SOCKET") return {"variable", State::ok, text, {}};
  if (name == "REDUCE_SCOPE") {
    return {"variable", State::note, text, "unset it to share with calls of any other scope"};
  }
  if (name == "REDUCE_OFF") {
    if (value.empty() || value == "0") return {"variable", State::ok, text + " has no effect", {}};
    return {"variable", State::note, text, "unset it: until then every call runs directly"};
  }
  // Its value is the daemon's own matter.
  if (name == "REDUCE_CHAIN") return {"variable", State::ok, name + ": this is part of a run", {}};
  if (name == "REDUCE_SHIM" || name == "REDUCE_DEPTH") {
    return {"variable", State::ok, name + ": this is part of a call", {}};
  }
  return {"variable", State::note, text, "unset it: nothing of reduce's reads it"};
}

Findings check_variables() {
  Findings findings;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const auto equals = text.find('=');
    if (!text.starts_with("REDUCE_") || equals == std::string_view::npos) continue;
    findings.push_back(
        check_variable(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))));
  }
  if (findings.empty()) findings.push_back({"variable", State::ok, "no REDUCE_ one is set", {}});
  return findings;
}

}  // namespace

Findings examine_surroundings() {
  Findings findings = {check_config()};
  for (Finding& finding : check_variables()) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace reduce
