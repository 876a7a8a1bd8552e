#pragma once

#include <string>

#include "daemon/server.hpp"

namespace reduce {

/// What a daemon of these settings says of itself: JSON for `reduce-run --doctor`. `runs` and
/// `callers` are there now.
std::string about_json(const ServerSettings& settings, std::size_t runs, std::size_t callers);

}  // namespace reduce
