#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "support/e2e/process.hpp"

namespace e2e {

/// A terminal that changes nothing of what is written to it.
class Terminal {
 public:
  Terminal();

  Target target() const { return Target::descriptor(slave_.get()); }
  /// Nothing can be written to it any more, as after Ctrl-S.
  void stop();
  /// What was written to it so far.
  const std::string& text();
  /// What a person would see of it now: carriage returns and erasures obeyed.
  std::string screen();

 private:
  reduce::UniqueFd master_;
  reduce::UniqueFd slave_;
  std::string text_;
};

}  // namespace e2e
