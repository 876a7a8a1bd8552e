#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace reduce {

/// Statistics in Prometheus's text exposition format, version 0.0.4; by program too where they are
/// in `stats`.
std::string prometheus_text(const nlohmann::ordered_json& stats);

}  // namespace reduce
