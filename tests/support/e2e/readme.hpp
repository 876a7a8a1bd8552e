#pragma once

#include <string>
#include <vector>

#include "support/e2e/sandbox.hpp"

namespace e2e {

/// One block of code of the README.
struct Block {
  std::string language;  ///< what follows the fence
  std::vector<std::string> lines;
  std::string text() const;
};

/// All blocks, in order.
std::vector<Block> readme_blocks();
/// The first block with a line that holds `part`, and that line. Fail the test where there is none.
Block readme_block(const std::string& part);
std::string readme_line(const std::string& part);

/// A user's surroundings: the programs of the README in PATH, each a script that notes how it was
/// called in the file `ran`, and then waits for the file `gate` where there is a file `hold`.
class Household {
 public:
  Household();

  Sandbox& box() { return box_; }
  /// bash in the user's project, running this text.
  Spawn shell(const std::string& text) const;
  Result run(const std::string& text) const { return Started(shell(text)).finish(); }

  /// How often a program was called so.
  std::size_t runs_of(const std::string& words) const;
  /// From now on programs wait, until let_go().
  void hold() const { box_.touch("hold"); }
  void let_go() const { box_.touch("gate"); }

 private:
  void add_program(const std::string& path) const;

  Sandbox box_;
};

}  // namespace e2e
