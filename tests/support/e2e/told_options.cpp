#include "support/e2e/told_options.hpp"

#include <algorithm>
#include <regex>
#include <sstream>

namespace e2e {
namespace {

using Words = std::vector<std::string>;

Words lines_of(const std::string& text) {
  Words lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Words matches_of(const std::string& text, const std::regex& pattern, std::size_t group = 0) {
  Words found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), pattern);
       at != std::sregex_iterator(); ++at) {
    found.push_back(at->str(group));
  }
  return found;
}

const std::regex kName("-[a-zA-Z]\\b|--[a-z][a-z-]*");

/// All of the names with or without a value.
void add(ToldOptions& options, const Words& names, bool has_value) {
  for (const std::string& name : names) options.push_back(name + (has_value ? " VALUE" : ""));
}

ToldOptions sorted(ToldOptions options) {
  std::sort(options.begin(), options.end());
  return options;
}

}  // namespace

ToldOptions options_in_help(const std::string& text) {
  // Names with commas between, one space and the kind of a value; what is optional is in brackets.
  const std::regex line_of_option(
      "  +(-[a-zA-Z]|(?:-[a-zA-Z], *)?--[a-z][a-z-]*)(?: ([^ \\[][^ ]*))?( .*)?");
  ToldOptions options;
  for (const std::string& line : lines_of(text)) {
    std::smatch found;
    if (!std::regex_match(line, found, line_of_option)) continue;
    add(options, matches_of(found.str(1), kName), found.length(2) > 0);
  }
  return sorted(options);
}

ToldOptions options_in_manual(const std::string& page) {
  ToldOptions options;
  std::string section;
  for (const std::string& line : lines_of(page)) {
    if (line.starts_with(".Sh ")) section = line.substr(4);
    if (section != "DESCRIPTION" || !line.starts_with(".It Fl ")) continue;
    Words names;
    for (const std::string& name : matches_of(line, std::regex("\\bFl (-?[a-zA-Z][a-z-]*)"), 1)) {
      names.push_back("-" + name);
    }
    // `Ns` joins what is no word of its own.
    const bool has_value =
        std::regex_search(line, std::regex(" (Ar|Cm) ")) && line.find(" Ns ") == std::string::npos;
    add(options, names, has_value);
  }
  return sorted(options);
}

ToldOptions options_in_bash(const std::string& completion) {
  ToldOptions options;
  for (const char* list : {"flags", "valued"}) {
    const std::regex of_list("local " + std::string(list) + "=\\(([^)]*)\\)");
    for (const std::string& words : matches_of(completion, of_list, 1)) {
      add(options, matches_of(words, kName), std::string(list) == "valued");
    }
  }
  return sorted(options);
}

ToldOptions options_in_zsh(const std::string& completion) {
  ToldOptions options;
  // Which other options one excludes, then its names, then what it is about.
  const std::regex line_of_option("  '(?:\\([^)]*\\)|\\*)?'?([^\\[]*)\\[[^\\]]*\\](.*)");
  for (const std::string& line : lines_of(completion)) {
    std::smatch found;
    if (!std::regex_match(line, found, line_of_option)) continue;
    const std::string more = found.str(2);
    const bool has_value = more.starts_with(":") && !more.starts_with("::");
    add(options, matches_of(found.str(1), kName), has_value);
  }
  return sorted(options);
}

ToldOptions options_in_fish(const std::string& completion) {
  ToldOptions options;
  const std::regex name(" -(?:s ([a-zA-Z])|l ([a-z][a-z-]*))\\b");
  for (const std::string& line : lines_of(completion)) {
    if (!line.starts_with("complete ")) continue;
    Words names;
    for (const std::string& each : matches_of(line, name)) {
      names.push_back((each.starts_with(" -s") ? "-" : "--") + each.substr(4));
    }
    add(options, names, std::regex_search(line, std::regex(" -(x|rF) ")));
  }
  return sorted(options);
}

std::vector<std::string> list_in_fish(const std::string& completion) {
  const std::regex of_list("set -l valued((?:[^\\n]*\\\\\\n)*[^\\n]*)");
  const Words lists = matches_of(completion, of_list, 1);
  return lists.empty() ? Words() : sorted(matches_of(lists.front(), kName));
}

}  // namespace e2e
