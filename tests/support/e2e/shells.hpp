#pragma once

#include <string>

#include "support/e2e/sandbox.hpp"

namespace e2e {

/// The path of an installed shell; empty, with a warning, where it is not there.
std::string installed_shell(const std::string& name);

/// Whether there can be no reduce-run: one that is installed is found wherever sh is. Warns where
/// not.
bool can_be_gone();

/// A script for one of bash, zsh and fish, with none of the user's own set-up. `arguments` are its
/// positional parameters.
Spawn script(const Sandbox& box, const std::string& shell, const std::string& text,
             const Words& arguments = {});

/// A folder of the sandbox for programs; where the puppet is under the name of each.
std::string make_programs(const Sandbox& box, const std::string& folder, const Words& names);

/// Adds reduce-run to such a folder, by a link.
void add_reduce_run(const Sandbox& box, const std::string& folder);

}  // namespace e2e
