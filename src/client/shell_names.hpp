#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reduce {

/// The shells that functions can be written for.
enum class Shell { bash, zsh, fish };
std::optional<Shell> shell_of(std::string_view name);

/// What a function of this name would take the place of in that shell, in words for a user; nothing
/// where a function may have it.
std::optional<std::string> meaning_in(Shell shell, std::string_view name);

}  // namespace reduce
