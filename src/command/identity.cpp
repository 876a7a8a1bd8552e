#include "command/identity.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "command/volatile_variables.hpp"

namespace reduce {
namespace {

void put_part(Identity& into, Part part, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  char head[1 + sizeof size];
  head[0] = static_cast<char>(part);
  std::memcpy(head + 1, &size, sizeof size);
  into.append(head, sizeof head);
  into.append(bytes);
}

template <class... Numbers>
void put_numbers(Identity& into, Part part, Numbers... numbers) {
  const std::uint64_t values[] = {static_cast<std::uint64_t>(numbers)...};
  put_part(into, part, {reinterpret_cast<const char*>(values), sizeof values});
}

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

bool counts(std::string_view variable, EnvMode mode) {
  return mode == EnvMode::all || !is_volatile_variable(name_of(variable));
}

/// The order of variables means nothing to a program, except among those of one name.
void put_environment(Identity& into, const CommandView& command) {
  if (command.options.env_mode == EnvMode::none) return;
  std::vector<std::string_view> counted;
  counted.reserve(128);
  for (const std::string_view variable : command.env) {
    if (counts(variable, command.options.env_mode)) counted.push_back(variable);
  }
  std::sort(counted.begin(), counted.end(), [](std::string_view a, std::string_view b) {
    const int order = name_of(a).compare(name_of(b));
    return order != 0 ? order < 0 : a.data() < b.data();
  });
  for (const std::string_view variable : counted) put_part(into, Part::variable, variable);
}

void put_directory(Identity& into, const Place& place) {
  put_part(into, Part::directory, place.cwd_path);
  put_numbers(into, Part::directory, place.cwd_device, place.cwd_inode);
}

}  // namespace

void identify(const CommandView& command, const Place& place, Identity& into) {
  into.clear();
  put_numbers(into, Part::uid, place.uid);
  put_part(into, Part::scope, command.options.scope);
  if (command.options.ident) {
    put_part(into, Part::manual, *command.options.ident);
    return;
  }
  for (const std::string_view argument : command.args) put_part(into, Part::argument, argument);
  put_directory(into, place);
  put_numbers(into, Part::gid, place.gid);
  put_numbers(into, Part::umask, command.umask);
  put_numbers(into, Part::nice, command.nice);
  for (const rlimit& limit : command.limits) {
    put_numbers(into, Part::limit, limit.rlim_cur, limit.rlim_max);
  }
  put_environment(into, command);
  put_part(into, Part::input, command.options.input_digest);
}

}  // namespace reduce
