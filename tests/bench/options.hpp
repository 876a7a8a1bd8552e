#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sizes.hpp"

namespace bench {

struct Options {
  std::string mode = "full";
  std::string json;  ///< files to write; empty for none
  std::string svg;
  std::string programs;  ///< the folder of reduce-run and reduced
  std::vector<std::string> only;
  bool strict = false;

  Sizes sizes() const;
  bool wants(const std::string& name, const std::string& what) const;
};

/// The options, or the status to exit with: help and bad usage have been dealt with.
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace bench
