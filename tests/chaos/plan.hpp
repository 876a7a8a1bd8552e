#pragma once

#include <string>

#include "chaos/dice.hpp"
#include "chaos/writing.hpp"
#include "support/e2e/process.hpp"

namespace chaos {

/// What is executed. Few different ones, so that calls meet.
struct Work {
  std::size_t out;
  std::size_t err;
  std::size_t pieces;
  unsigned pause;  ///< ms
  std::size_t input;
  Finale finale;
};

/// How a caller's output is read.
enum class Pace { eager, slow, not_at_all };

/// One call, as it was decided.
struct Plan {
  Work work{};
  e2e::Words options;
  bool has_large_environment = false;
  Pace pace = Pace::eager;

  bool has(const std::string& option) const;
  /// How often it may be executed for this call.
  std::size_t most_executions() const;
};

Plan make_plan(Dice& dice);

/// The command's words; it counts its executions in the file `runs`.
e2e::Words words_of(const Work& work, const std::string& runs);

}  // namespace chaos
