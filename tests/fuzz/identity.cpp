// What counts of a command: lines that begin with a letter for what the rest of it is.
//   a argument   e variable   n --env   g --ignore-env   f --file   i --ident   s --scope
//   m --env-mode (a digit)   c --any-cwd
#include "command/identity.hpp"

#include <algorithm>

#include "command/job_server.hpp"
#include "command/volatile_variables.hpp"
#include "run/chain.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

void pack(std::string& into, std::string_view text) {
  into.append(text.substr(0, text.find('\0'))).push_back('\0');
}

struct Asked {
  std::string args, env, names, globs, files, ident, scope;
  CommandView view;
};

void take(Asked& asked, char what, std::string_view rest) {
  CallOptions& options = asked.view.options;
  if (what == 'a') pack(asked.args, rest);
  if (what == 'e') pack(asked.env, rest);
  if (what == 'n') pack(asked.names, rest);
  if (what == 'g') pack(asked.globs, rest);
  if (what == 'f') pack(asked.files, rest);
  if (what == 'i') asked.ident = rest;
  if (what == 's') asked.scope = rest;
  if (what == 'c') options.any_cwd = true;
  if (what == 'm' && !rest.empty()) {
    options.env_mode = static_cast<EnvMode>(static_cast<unsigned char>(rest[0]) % 3);
  }
}

/// Not to be moved: the view borrows from the rest.
void read(std::string_view input, Asked& asked) {
  while (!input.empty()) {
    const std::string_view line = fuzz::take_line(input);
    if (!line.empty()) take(asked, line[0], line.substr(1));
  }
  if (asked.args.empty()) pack(asked.args, "true");
  asked.view.args = PackedStrings(asked.args);
  asked.view.env = PackedStrings(asked.env);
  CallOptions& options = asked.view.options;
  options.env = PackedStrings(asked.names);
  options.ignore_env = PackedStrings(asked.globs);
  options.files = PackedStrings(asked.files);
  options.scope = asked.scope;
  if (!asked.ident.empty()) options.ident = asked.ident;
}

Identity identity_of(const CommandView& command) {
  Place place;
  place.cwd_path = "/somewhere";
  Identity identity;
  identify(command, place, identity);
  return identity;
}

/// The parts are the whole of it: put together again they are the same bytes.
void check_parts(const Identity& identity) {
  std::string again;
  for (const NamedPart& part : parts_of(identity)) {
    EXPECT(!part.name.empty());
    EXPECT(fuzz::is_inside(part.bytes, identity));
    const auto size = static_cast<std::uint32_t>(part.bytes.size());
    again += static_cast<char>(part.part);
    again.append(reinterpret_cast<const char*>(&size), sizeof size).append(part.bytes);
  }
  EXPECT(again == identity);
  EXPECT(differing_parts(identity, identity).empty());
}

std::vector<std::string_view> list_of(const PackedStrings& strings) {
  std::vector<std::string_view> list;
  for (const std::string_view text : strings) list.push_back(text);
  return list;
}

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::vector<std::string_view> bytes_of(const std::vector<NamedPart>& parts, Part kind) {
  std::vector<std::string_view> bytes;
  for (const NamedPart& part : parts) {
    if (part.part == kind) bytes.push_back(part.bytes);
  }
  return bytes;
}

/// Each argument counts as it is, unless a name stands for them all.
void check_arguments(const CommandView& command, const Identity& identity) {
  const auto counted = bytes_of(parts_of(identity), Part::argument);
  if (command.options.ident) {
    EXPECT(counted.empty());
  } else {
    EXPECT(counted == list_of(command.args));
  }
}

void check_variables(const CommandView& command, const Identity& identity) {
  const auto named = list_of(command.options.env);
  for (const std::string_view variable : bytes_of(parts_of(identity), Part::variable)) {
    const std::string_view name = name_of(variable);
    const bool is_named = std::find(named.begin(), named.end(), name) != named.end();
    EXPECT(is_named || !command.options.ident);
    EXPECT(is_named || command.options.env_mode != EnvMode::none);
    EXPECT(is_named || !is_own_variable(name));
    EXPECT(is_named || command.options.env_mode == EnvMode::all || !is_volatile_variable(name));
    EXPECT(!without_job_server(variable));
  }
}

/// The order of variables of different names does not count.
void check_order(Asked& asked, const Identity& identity) {
  auto variables = list_of(asked.view.env);
  std::stable_sort(variables.begin(), variables.end(),
                   [](auto one, auto other) { return name_of(one) > name_of(other); });
  std::string sorted;
  for (const std::string_view variable : variables) pack(sorted, variable);
  asked.view.env = PackedStrings(sorted);
  EXPECT(identity_of(asked.view) == identity);
  asked.view.env = PackedStrings(asked.env);
}

/// A run that is started from within others is one further in their chain.
void check_chain(const PackedStrings& environment) {
  const auto before = chain_of(environment, "here");
  std::string inner;
  pack(inner, chain_variable(environment, "here", 18446744073709551615U));
  auto after = chain_of(PackedStrings(inner), "here");
  EXPECT(!after.empty() && after.back() == 18446744073709551615U);
  after.pop_back();
  EXPECT(after == before);
  EXPECT(chain_of(PackedStrings(inner), "here").size() == before.size() + 1);
}

}  // namespace

FUZZ_TARGET(identity) {
  Asked asked;
  read(input, asked);
  const Identity identity = identity_of(asked.view);
  check_parts(identity);
  check_arguments(asked.view, identity);
  check_variables(asked.view, identity);
  check_order(asked, identity);
  check_chain(asked.view.env);
}
