#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reduce {

/// For MAKEFLAGS and CARGO_MAKEFLAGS (as `NAME=VALUE`) that name a job server by descriptors: the
/// variable without those words (`--jobserver-auth=R,W`, `--jobserver-fds=R,W`). A shared process
/// does not have the descriptors; make(1) would warn of it and go on with one job. Nothing for any
/// other variable. A job server named by a path stays.
std::optional<std::string> without_job_server(std::string_view variable);

}  // namespace reduce
