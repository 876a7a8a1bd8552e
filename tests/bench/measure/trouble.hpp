#pragma once

#include <stdexcept>
#include <string>

namespace bench {

/// Something did not work, so that there is nothing to measure.
class Broken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// This machine does not let something be measured, and why.
class Impossible : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user has had enough.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// From now on SIGINT, SIGTERM and SIGHUP end waits by Interrupted, so that all is cleaned up.
void catch_signals();
void check_interrupted();

/// Throws Broken with the system's words for errno.
[[noreturn]] void fail(const std::string& what);
/// Throws Impossible unless so many descriptors can be open here and in what is started.
void require_descriptors(std::size_t count);
/// Raises the limit as far as it goes.
void raise_descriptor_limit();

/// Lets time pass.
void pause(double seconds);

}  // namespace bench
