#pragma once

#include <boost/system/result.hpp>
#include <cerrno>
#include <stdexcept>
#include <string>

namespace reduce {

/// What went wrong, in words for one line on stderr. `code` is an errno value, or 0 where none
/// applies; it is already part of `text`.
class Error {
 public:
  Error() = default;
  Error(std::string words, int number) : text(std::move(words)), code(number) {}

  /// Whether this process or the system has run out of something: nothing is wrong with what was
  /// asked for.
  bool is_shortage() const;

  std::string text;
  int code = 0;
};

/// An error in words of ours. (A class that were made of a string alone could not be told from the
/// value in a Result<std::string>.)
inline Error make_error(std::string text) {
  return {std::move(text), 0};
}

/// An error about `what` that ends in the system's words for errno value `code`.
Error system_error(std::string what, int code = errno);

/// A value or the Error that stands in its place.
template <class T>
using Result = boost::system::result<T, Error>;

/// Called by Result::value() where there is none: a fault of ours, never an ordinary outcome.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::logic_error(error.text);
}

}  // namespace reduce
