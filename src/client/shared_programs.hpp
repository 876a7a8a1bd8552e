#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace reduce {

/// A program whose calls a shell function or a shim is to share.
struct SharedProgram {
  std::string name;
  /// The words that its calls begin with, literally; none: every call is shared.
  std::vector<std::vector<std::string>> beginnings;
};

/// The programs of command lines such as `npm run build`, words apart by blanks, nothing quoted:
/// each program once, in the order in which they came. An error, in words for a user, where one is
/// no such line or names a program that can be neither a function nor a shim.
Result<std::vector<SharedProgram>> shared_programs(const std::vector<std::string>& lines);

/// Whether a call belongs to the program's shared ones, as an expression in the language of
/// POSIX's sh, which bash and zsh have too. Empty: each does.
std::string posix_condition(const SharedProgram& program);

/// A word in single quotes, as these shells take it.
std::string posix_quoted(const std::string& word);

}  // namespace reduce
