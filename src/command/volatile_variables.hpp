#pragma once

#include <string_view>

namespace reduce {

/// Whether the variable says something of the session or tool that a command was started from
/// and nothing of the command: such variables do not count in the automatic identity.
bool is_volatile_variable(std::string_view name);

/// Whether the variable is one of ours, which never count: they say which run this is.
bool is_own_variable(std::string_view name);

}  // namespace reduce
