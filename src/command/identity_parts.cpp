// An identity read back, for people.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "command/identity.hpp"

namespace reduce {
namespace {

std::string_view kind_name(Part part) {
  switch (part) {
    case Part::uid:
      return "uid";
    case Part::scope:
      return "scope";
    case Part::manual:
      return "ident";
    case Part::argument:
      return "argument";
    case Part::directory:
      return "directory";
    case Part::groups:
      return "groups";
    case Part::umask:
      return "umask";
    case Part::nice:
      return "nice";
    case Part::limits:
      return "limits";
    case Part::env_mode:
      return "env-mode";
    case Part::ignored:
      return "ignored";
    case Part::variable:
    case Part::unset:
      return "variable";
    case Part::file:
      return "file";
    case Part::input:
      return "stdin";
    case Part::timeout:
      return "timeout";
    case Part::kill_after:
      return "kill-after";
    case Part::retries:
      return "retries";
  }
  return "part";
}

/// A name that says which of several parts of a kind it is.
std::string full_name(Part part, std::string_view bytes, unsigned argument) {
  std::string name(kind_name(part));
  if (part == Part::argument) name.append(" ").append(std::to_string(argument));
  if (part == Part::ignored) name.append(" ").append(bytes);
  if (part == Part::variable || part == Part::unset)
    name.append(" ").append(bytes.substr(0, bytes.find('=')));
  // A file's bytes are its state, a space, its path.
  if (part == Part::file) name.append(" ").append(bytes.substr(bytes.find(' ') + 1));
  return name;
}

bool has_equal(const std::vector<NamedPart>& parts, const NamedPart& wanted) {
  return std::any_of(parts.begin(), parts.end(), [&wanted](const NamedPart& part) {
    return part.name == wanted.name && part.bytes == wanted.bytes;
  });
}

}  // namespace

std::vector<NamedPart> parts_of(std::string_view identity) {
  std::vector<NamedPart> parts;
  unsigned arguments = 0;
  std::uint32_t size = 0;
  while (identity.size() >= 1 + sizeof size) {
    const auto part = static_cast<Part>(identity[0]);
    std::memcpy(&size, identity.data() + 1, sizeof size);
    const std::string_view bytes = identity.substr(1 + sizeof size, size);
    parts.push_back({part, full_name(part, bytes, arguments), bytes});
    if (part == Part::argument) ++arguments;
    identity.remove_prefix(1 + sizeof size + bytes.size());
  }
  return parts;
}

std::vector<std::string> differing_parts(std::string_view one, std::string_view other) {
  const auto first = parts_of(one);
  const auto second = parts_of(other);
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const NamedPart& part : first) {
    if (!has_equal(second, part)) add(part.name);
  }
  for (const NamedPart& part : second) {
    if (!has_equal(first, part)) add(part.name);
  }
  return names;
}

std::string digest_of(std::string_view bytes, const std::string& key) {
  const std::size_t of_bytes = std::hash<std::string_view>()(bytes);
  const std::size_t hash = std::hash<std::string>()(key + std::to_string(of_bytes));
  char text[24];
  std::snprintf(text, sizeof text, "%016zx", hash);
  return text;
}

}  // namespace reduce
