// The `run` message: the one that is large, comes from outside, and is read on every call.
#include "wire/bytes.hpp"
#include "wire/message.hpp"

namespace reduce {
namespace {

enum class Option : std::uint8_t { ident = 1, scope, env_mode, no_join, announce };

void put_option(std::string& into, Option option, std::string_view value = {}) {
  ByteWriter writer(into);
  writer.put(option);
  writer.put(static_cast<std::uint32_t>(value.size()));
  writer.put_bytes(value);
}

void put_options(std::string& into, const CallOptions& options) {
  if (options.has_ident) put_option(into, Option::ident, options.ident);
  if (!options.scope.empty()) put_option(into, Option::scope, options.scope);
  if (options.env_mode != EnvMode::automatic) {
    const char mode = static_cast<char>(options.env_mode);
    put_option(into, Option::env_mode, {&mode, 1});
  }
  if (options.no_join) put_option(into, Option::no_join);
  if (options.announce) put_option(into, Option::announce);
}

/// False for a value that the option cannot have.
bool set_option(CallOptions& options, Option option, std::string_view value) {
  switch (option) {
    case Option::ident:
      options.has_ident = true;
      options.ident = value;
      return !value.empty();
    case Option::scope:
      options.scope = value;
      return true;
    case Option::env_mode:
      if (value.size() != 1 || value[0] < 0 || value[0] > static_cast<char>(EnvMode::none)) {
        return false;
      }
      options.env_mode = static_cast<EnvMode>(value[0]);
      return true;
    case Option::no_join:
      options.no_join = true;
      return value.empty();
    case Option::announce:
      options.announce = true;
      return value.empty();
  }
  return false;
}

bool parse_options(std::string_view bytes, CallOptions& options) {
  ByteReader reader(bytes);
  while (!reader.empty()) {
    const auto option = reader.take<Option>();
    const auto size = reader.take<std::uint32_t>();
    const std::string_view value = reader.take_bytes(size);
    if (reader.failed() || !set_option(options, option, value)) return false;
  }
  return !reader.failed();
}

bool is_packed(std::string_view bytes) { return bytes.empty() || bytes.back() == '\0'; }

}  // namespace

void put_run_prefix(std::string& into, const CommandView& command) {
  std::string options;
  put_options(options, command.options);
  ByteWriter writer(into);
  writer.put(static_cast<std::uint32_t>(command.umask));
  writer.put(static_cast<std::int32_t>(command.nice));
  for (const rlimit& limit : command.limits) {
    writer.put(static_cast<std::uint64_t>(limit.rlim_cur));
    writer.put(static_cast<std::uint64_t>(limit.rlim_max));
  }
  writer.put(static_cast<std::uint32_t>(options.size()));
  writer.put(static_cast<std::uint32_t>(command.args.bytes().size()));
  writer.put(static_cast<std::uint32_t>(command.env.bytes().size()));
  writer.put_bytes(options);
}

Result<CommandView> parse_run(std::string_view body) {
  ByteReader reader(body);
  CommandView command;
  command.umask = static_cast<mode_t>(reader.take<std::uint32_t>());
  command.nice = reader.take<std::int32_t>();
  for (rlimit& limit : command.limits) {
    limit.rlim_cur = reader.take<std::uint64_t>();
    limit.rlim_max = reader.take<std::uint64_t>();
  }
  const auto options_size = reader.take<std::uint32_t>();
  const auto args_size = reader.take<std::uint32_t>();
  const auto env_size = reader.take<std::uint32_t>();
  const std::string_view options = reader.take_bytes(options_size);
  command.args = PackedStrings(reader.take_bytes(args_size));
  command.env = PackedStrings(reader.take_bytes(env_size));
  const bool sound = reader.complete() && !command.args.empty() &&
                     is_packed(command.args.bytes()) && is_packed(command.env.bytes()) &&
                     parse_options(options, command.options);
  if (!sound) return make_error("malformed message: run");
  return command;
}

}  // namespace reduce
