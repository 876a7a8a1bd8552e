#pragma once

#include <string>

#include "base/result.hpp"
#include "client/call.hpp"

namespace reduce {

/// This process's command as it is sent: its words and environment where the kernel laid them
/// out, its umask, nice value and limits. Borrows from the call.
class OwnCommand {
 public:
  explicit OwnCommand(const Call& call);
  const CommandView& view() const { return view_; }

 private:
  std::string words_;  ///< only where they do not lie one after another
  std::string environment_;
  std::string env_names_, env_globs_;
  CommandView view_;
};

/// The working directory, for one that has a path or not.
Result<UniqueFd> open_own_directory();

}  // namespace reduce
