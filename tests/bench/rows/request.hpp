#pragma once

#include <string>

#include "measure/process.hpp"

namespace bench {

/// A call's first message as reduce-run sends it, from this process's directory.
class Request {
 public:
  Request(const Words& argv, const Words& environment);

  /// Makes the message and sends it, with a descriptor of the directory.
  void send(int socket) const;

 private:
  std::string args_;
  std::string environment_;
  UniqueFd directory_;
};

}  // namespace bench
