#pragma once

#include "client/timeline.hpp"
#include "client/trace_format.hpp"

namespace reduce {

/// A finished timeline as an SVG that any browser shows, light or dark: a line for each lane of an
/// identity, a bar for each run, a tick for each join.
void write_picture(const Timeline& timeline, const Sink& sink);

/// Text as XML takes it between tags and in attributes.
std::string in_xml(std::string_view text);

}  // namespace reduce
