#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chaos/plan.hpp"

namespace chaos {

/// What a caller got on one stream, held against what an execution writes there.
struct Got {
  std::optional<Nonce> nonce;  ///< where its head is whole
  bool is_right = true;        ///< it is the beginning of one execution's bytes
  bool is_whole = false;       ///< it has all that was to come
};
Got compare(std::string_view text, Stream stream, const Work& work);

/// A caller's stderr: the command's bytes and our own lines, of which one may come before them, and
/// one after.
struct Lines {
  std::string before;  ///< without the line's end; empty where there is none
  std::string_view between;
  std::string after;
  bool is_right = true;  ///< no other line of ours
};
Lines split(std::string_view err);

}  // namespace chaos
