#pragma once

#include <string>
#include <string_view>

#include "command/command.hpp"

namespace reduce {

/// The canonical bytes that make two commands the same: a list of parts, each a tag, a length and
/// its bytes, so that no two different lists have the same bytes. Compared whole.
using Identity = std::string;

/// What a part of an identity says.
enum class Part : unsigned char {
  uid = 1,
  scope,
  manual,  ///< --ident: stands for all that follows below
  argument,
  directory,
  gid,
  umask,
  nice,
  limit,
  variable,
  input,
};

/// Builds the identity of a call into `into`, replacing what it held (its capacity is reused: the
/// daemon calls this once per request).
void identify(const CommandView& command, const Place& place, Identity& into);

}  // namespace reduce
