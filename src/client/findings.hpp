#pragma once

#include <string>
#include <vector>

namespace reduce {

/// What a check came to.
struct Finding {
  enum class State {
    ok,
    note,  ///< worth knowing: it works, but not as one may expect
    bad,   ///< it keeps calls from being shared
  };
  std::string name;  ///< of the check
  State state = State::ok;
  std::string text;
  std::string advice;  ///< what to do; empty where there is nothing to do
};
using Findings = std::vector<Finding>;

// Checks of `--doctor`, each group in a file of its own. None changes anything.

/// REDUCE_ variables, and the config file.
Findings examine_surroundings();

/// Shims in PATH: whether they are met before the programs that they stand for.
Findings examine_shims();

}  // namespace reduce
