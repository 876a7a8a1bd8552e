#include "client/shared_programs.hpp"

#include <algorithm>
#include <string_view>

namespace reduce {
namespace {

/// Letters, digits and what else is in programs' names. No character that a shell reads in any way
/// of its own at the beginning of a command.
bool is_name(std::string_view name) {
  constexpr std::string_view within = "_.+@:-";
  const auto is_letter = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  };
  const auto is_allowed = [&](char byte) {
    return is_letter(byte) || (byte >= '0' && byte <= '9') ||
           within.find(byte) != std::string_view::npos;
  };
  const bool has_letter = std::any_of(name.begin(), name.end(), is_letter);
  return has_letter && name.front() != '-' && std::all_of(name.begin(), name.end(), is_allowed);
}

std::vector<std::string> words_of(std::string_view line) {
  constexpr std::string_view blanks = " \t";
  std::vector<std::string> words;
  for (;;) {
    const auto begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(blanks), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

bool has_control_character(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](unsigned char byte) {
    return (byte < ' ' && byte != '\t') || byte == 0x7f;
  });
}

/// A shell would read them in ways of its own, and so would whoever wrote them.
bool has_quotation(std::string_view line) {
  return line.find_first_of("'\"\\$`") != std::string_view::npos;
}

/// Every call is shared as soon as one line says so.
void add(SharedProgram& program, std::vector<std::string> beginning, bool is_new) {
  auto& all = program.beginnings;
  if (beginning.empty()) {
    all.clear();
  } else if (is_new ||
             (!all.empty() && std::find(all.begin(), all.end(), beginning) == all.end())) {
    all.push_back(std::move(beginning));
  }
}

std::string condition_of(const std::vector<std::string>& beginning) {
  std::string text = "[ \"$#\" -ge " + std::to_string(beginning.size()) + " ]";
  for (std::size_t n = 0; n < beginning.size(); ++n) {
    text += " && [ \"${" + std::to_string(n + 1) + "}\" = " + posix_quoted(beginning[n]) + " ]";
  }
  return "{ " + text + "; }";
}

}  // namespace

Result<std::vector<SharedProgram>> shared_programs(const std::vector<std::string>& lines) {
  std::vector<SharedProgram> programs;
  for (const std::string& line : lines) {
    if (has_control_character(line)) return make_error("'" + line + "' has a control character");
    if (has_quotation(line)) {
      return make_error("'" + line +
                        "' has quotes, a backslash or a dollar sign: its words are taken " +
                        "as they are, with blanks between them");
    }
    auto words = words_of(line);
    if (words.empty()) return make_error("'" + line + "' names no program");
    const std::string name = words.front();
    if (!is_name(name)) return make_error("'" + name + "' is no name of a program in PATH");
    if (name == "reduce-run" || name == "reduced") {
      return make_error("'" + name + "' is not to be shared itself");
    }
    words.erase(words.begin());
    auto program = std::find_if(programs.begin(), programs.end(),
                                [&](const SharedProgram& other) { return other.name == name; });
    const bool is_new = program == programs.end();
    if (is_new) program = programs.insert(programs.end(), {name, {}});
    add(*program, std::move(words), is_new);
  }
  return programs;
}

std::string posix_condition(const SharedProgram& program) {
  std::string text;
  for (const auto& beginning : program.beginnings) {
    text += (text.empty() ? "" : " || ") + condition_of(beginning);
  }
  return text;
}

std::string posix_quoted(const std::string& word) {
  std::string text = "'";
  for (const char byte : word) {
    if (byte == '\'') {
      text += "'\\''";
    } else {
      text += byte;
    }
  }
  return text + "'";
}

}  // namespace reduce
