#pragma once

#include <memory>
#include <string>

#include "support/e2e/parts.hpp"
#include "support/e2e/process.hpp"

namespace e2e {

/// One place where the output of a call goes, and what came there.
class Outlet {
 public:
  enum class Kind {
    pipe,
    nonblocking_pipe,
    full_pipe,  ///< full before the call writes, and read in small pieces
    file,
    appended_file,
    twice_appended_file,  ///< stderr by a description of its own
    terminal,
    socket,
    null_device,
  };
  static std::unique_ptr<Outlet> make(Kind kind, const std::string& path);

  virtual ~Outlet() = default;
  /// For stdout; and for stderr where that goes to the same place.
  virtual Target out() const = 0;
  virtual Target err() const { return Target::like_out(); }
  /// The call was started: what only it should hold open is closed.
  virtual void started() {}
  /// Takes what comes until all is there. Before the end of the call is waited for.
  virtual void take(PartsCheck&) {}
  /// After its end: what is left to see.
  virtual void take_rest(PartsCheck&) {}
};

}  // namespace e2e
