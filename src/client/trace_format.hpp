#pragma once

#include <functional>
#include <string_view>

#include "client/timeline.hpp"

namespace reduce {

/// Takes a piece of what is written.
using Sink = std::function<void(std::string_view)>;

/// A finished timeline in the Chrome trace event format, as Perfetto and chrome://tracing open it:
/// a thread for each lane of an identity, slices for runs, instants for all else, and a flow from a
/// call that waited in the queue to the run that it got.
void write_trace(const Timeline& timeline, const Sink& sink);

}  // namespace reduce
