#include "command/job_server.hpp"

#include <algorithm>

namespace reduce {
namespace {

bool is_job_server_word(std::string_view word) {
  for (const std::string_view prefix : {"--jobserver-auth=", "--jobserver-fds="}) {
    if (!word.starts_with(prefix)) continue;
    const std::string_view value = word.substr(prefix.size());
    return value.find(',') != std::string_view::npos &&
           value.find_first_not_of("0123456789,-") == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::optional<std::string> without_job_server(std::string_view variable) {
  const bool named = variable.starts_with("MAKEFLAGS=") || variable.starts_with("CARGO_MAKEFLAGS=");
  if (!named || variable.find("--jobserver-") == std::string_view::npos) return std::nullopt;
  std::string kept;
  bool removed = false;
  const auto value = variable.find('=') + 1;
  kept.append(variable.substr(0, value));
  for (std::size_t at = value; at < variable.size();) {
    const std::size_t word = std::min(variable.find_first_not_of(' ', at), variable.size());
    const std::size_t end = std::min(variable.find(' ', word), variable.size());
    if (is_job_server_word(variable.substr(word, end - word))) {
      removed = true;
    } else {
      kept.append(variable.substr(at, end - at));
    }
    at = end;
  }
  if (!removed) return std::nullopt;
  return kept;
}

}  // namespace reduce
