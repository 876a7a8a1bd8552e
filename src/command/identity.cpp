#include "command/identity.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "command/job_server.hpp"
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

bool contains(const PackedStrings& names, std::string_view name) {
  for (const std::string_view candidate : names) {
    if (candidate == name) return true;
  }
  return false;
}

bool is_set(const PackedStrings& environment, std::string_view name) {
  for (const std::string_view variable : environment) {
    if (name_of(variable) == name) return true;
  }
  return false;
}

bool matches_any(const PackedStrings& globs, std::string_view name) {
  if (globs.empty()) return false;
  const std::string text(name);
  for (const std::string_view glob : globs) {
    if (::fnmatch(glob.data(), text.c_str(), 0) == 0) return true;
  }
  return false;
}

bool counts(std::string_view name, const CallOptions& options) {
  if (!options.env.empty() && contains(options.env, name)) return true;
  if (options.ident || options.env_mode == EnvMode::none) return false;
  if (matches_any(options.ignore_env, name)) return false;
  return options.env_mode == EnvMode::all ? !is_own_variable(name) : !is_volatile_variable(name);
}

/// A variable that counts, with what it is sorted by.
struct Counted {
  std::uint64_t key;  ///< the name's first bytes as a number: tells most names apart at once
  std::string_view name;
  std::string_view variable;

  bool operator<(const Counted& other) const {
    if (key != other.key) return key < other.key;
    const int order = name.compare(other.name);
    return order != 0 ? order < 0 : name.data() < other.name.data();
  }
};

std::uint64_t sort_key(std::string_view name) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < sizeof key; ++i) {
    key = key << 8 | (i < name.size() ? static_cast<unsigned char>(name[i]) : 0);
  }
  return key;
}

/// The order of variables means nothing to a program, except among those of one name.
void put_environment(Identity& into, const CommandView& command) {
  const CallOptions& options = command.options;
  std::vector<Counted> counted;
  counted.reserve(128);
  for (const std::string_view variable : command.env) {
    const std::string_view name = name_of(variable);
    if (counts(name, options)) counted.push_back({sort_key(name), name, variable});
  }
  std::sort(counted.begin(), counted.end());
  // Which variables counted is a part too: who counts them all must not get the process of one who
  // ignored some.
  if (!options.ident) put_numbers(into, Part::env_mode, options.env_mode);
  for (const std::string_view glob : options.ignore_env) put_part(into, Part::ignored, glob);
  for (const std::string_view name : options.env) {
    if (!is_set(command.env, name)) put_part(into, Part::unset, name);
  }
  for (const Counted& each : counted) {
    const auto changed = without_job_server(each.variable);
    put_part(into, Part::variable, changed ? *changed : each.variable);
  }
}

void put_directory(Identity& into, const Place& place) {
  std::string bytes = place.cwd_path;
  const std::uint64_t numbers[] = {place.cwd_device, place.cwd_inode};
  bytes.append(1, '\0').append(reinterpret_cast<const char*>(numbers), sizeof numbers);
  put_part(into, Part::directory, bytes);
}

template <class T>
void put_all(Identity& into, Part part, const T* values, std::size_t count) {
  put_part(into, part, {reinterpret_cast<const char*>(values), count * sizeof(T)});
}

void put_duration(Identity& into, Part part, const std::optional<Duration>& duration) {
  if (duration) put_numbers(into, part, duration->count());
}

/// What counts with --ident too, if the caller names it.
void put_named(Identity& into, const CommandView& command) {
  put_environment(into, command);
  for (const std::string_view file : command.options.files) put_part(into, Part::file, file);
}

}  // namespace

void identify(const CommandView& command, const Place& place, Identity& into) {
  const CallOptions& options = command.options;
  into.clear();
  put_numbers(into, Part::uid, place.uid);
  put_part(into, Part::scope, options.scope);
  if (options.ident) {
    put_part(into, Part::manual, *options.ident);
    put_named(into, command);
    return;
  }
  for (const std::string_view argument : command.args) put_part(into, Part::argument, argument);
  if (!options.any_cwd) put_directory(into, place);
  std::vector<gid_t> groups{place.gid};
  groups.insert(groups.end(), place.groups.begin(), place.groups.end());
  put_all(into, Part::groups, groups.data(), groups.size());
  put_numbers(into, Part::umask, command.umask);
  put_numbers(into, Part::nice, command.nice);
  put_all(into, Part::limits, command.limits.data(), command.limits.size());
  put_named(into, command);
  put_part(into, Part::input, options.input_digest);
  put_duration(into, Part::timeout, options.timeout);
  put_duration(into, Part::kill_after, options.kill_after);
  put_numbers(into, Part::retries, options.retries);
}

}  // namespace reduce
