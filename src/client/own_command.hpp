#pragma once

#include <string>

#include "base/result.hpp"
#include "client/call.hpp"
#include "client/input.hpp"

namespace reduce {

/// This process's command as it is sent: its words and environment where the kernel laid them
/// out, its umask, nice value and limits, and the digest of its stdin. Borrows from
/// the call and the input.
class OwnCommand {
 public:
  OwnCommand(const Call& call, const Input& input, bool explain);
  const CommandView& view() const { return view_; }

 private:
  std::string words_;  ///< only where they do not lie one after another
  std::string environment_;
  std::string env_names_, env_globs_, files_;
  CommandView view_;
};

/// The working directory, for one that has a path or not.
Result<UniqueFd> open_own_directory();

}  // namespace reduce
