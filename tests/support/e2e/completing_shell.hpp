#pragma once

#include <memory>
#include <string>

#include "support/e2e/sandbox.hpp"

namespace e2e {

/// A real shell that has the completions of this project, and one for a command `tool` that takes
/// `alpha` and `beta`. Everything of it is in the sandbox.
class CompletingShell {
 public:
  /// "bash" (with the package bash-completion), "bash alone", "zsh" or "fish"; null, with a
  /// warning, where that is not installed.
  static std::unique_ptr<CompletingShell> start(Sandbox& box, const std::string& kind);
  virtual ~CompletingShell() = default;

  /// What the shell offers for the last word of `line`: sorted, without descriptions, folders
  /// without their slash, values without the option before them.
  virtual Words complete(const std::string& line) = 0;
  /// What anybody at the shell's terminal would have seen beside the prompt and what was typed.
  virtual std::string noise() = 0;
};

}  // namespace e2e
