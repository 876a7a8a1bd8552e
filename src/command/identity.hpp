#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command/command.hpp"

namespace reduce {

/// The canonical bytes that make two commands the same: a list of parts, each a tag, a length and
/// its bytes, so that no two different lists have the same bytes. Compared whole.
using Identity = std::string;

/// What a part of an identity says. A part is named in `--explain`.
enum class Part : unsigned char {
  uid = 1,
  scope,
  manual,  ///< --ident: stands for all that could follow
  argument,
  directory,
  groups,
  umask,
  nice,
  limits,
  env_mode,
  ignored,  ///< a glob of --ignore-env
  variable,
  unset,  ///< a variable that --env names and that is not there
  file,
  input,
  timeout,
  kill_after,
  retries,
};

/// Builds the identity of a call into `into`, replacing what it held (its capacity is reused: the
/// daemon calls this once per request).
void identify(const CommandView& command, const Place& place, Identity& into);

/// One part of an identity, as people read it: what it is about, and its bytes. A variable's and
/// stdin's bytes are secret: show a digest of them, never themselves.
struct NamedPart {
  Part part{};
  std::string name;  ///< "argument 1", "variable PATH", "umask"
  std::string_view bytes;
};

/// The parts of an identity that identify() made. Borrows from it.
std::vector<NamedPart> parts_of(std::string_view identity);

/// A short word that stands for bytes which may be secret, or for a whole identity. Without `key`
/// it tells nothing.
std::string digest_of(std::string_view bytes, const std::string& key);

/// The names of the parts in which two identities differ, in the order of the first; a part that
/// only one has counts.
std::vector<std::string> differing_parts(std::string_view one, std::string_view other);

}  // namespace reduce
