#pragma once

#include <string>
#include <vector>

namespace e2e {

/// Options as a help text, a manual or a completion tells them, sorted: "--name" of a flag, "--name
/// VALUE" of one that takes the next word as its value. What is told twice is there twice.
using ToldOptions = std::vector<std::string>;

ToldOptions options_in_help(const std::string& text);
/// Of the section DESCRIPTION of a page in mdoc(7): its items that begin with options.
ToldOptions options_in_manual(const std::string& page);
ToldOptions options_in_bash(const std::string& completion);
ToldOptions options_in_zsh(const std::string& completion);
ToldOptions options_in_fish(const std::string& completion);

/// The words of the list of options with values that a completion for fish has, if it has one.
std::vector<std::string> list_in_fish(const std::string& completion);

}  // namespace e2e
