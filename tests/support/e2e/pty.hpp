#pragma once

#include <termios.h>

#include <string>

#include "support/e2e/process.hpp"

namespace e2e {

/// A terminal of the test's own: what a user at it types, and all that it was sent.
class Pty {
 public:
  Pty(unsigned short rows, unsigned short columns);

  /// The same program with this terminal as its stdin, stdout, stderr and controlling terminal.
  Spawn on(Spawn spawn) const;

  void type(const std::string& keys) const;
  void resize(unsigned short rows, unsigned short columns) const;
  /// The user is gone.
  void hang_up() { master_.reset(); }

  /// All that was written to it so far.
  const std::string& shown();
  bool shows(const std::string& text) { return shown().find(text) != std::string::npos; }
  /// What was written up to now is no matter.
  void forget();
  /// As stty(1) -g tells it.
  std::string modes() const;

 private:
  reduce::UniqueFd master_;
  reduce::UniqueFd slave_;
  std::string shown_;
};

}  // namespace e2e
