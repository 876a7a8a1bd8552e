// The `run` message: the one that is large, comes from outside, and is read on every call.
#include "wire/bytes.hpp"
#include "wire/message.hpp"

namespace reduce {
namespace {

/// Tags of options; their order and values are the protocol's.
enum class Option : std::uint8_t {
  ident = 1,
  scope,
  env_mode,
  env,
  ignore_env,
  any_cwd,
  files,
  input_digest,
  no_join,
  fresh,
  max_age,
  ttl,
  timeout,
  kill_after,
  retries,
  retry_delay,
  linger,
  keep,
  is_private,
  announce,
  explain,
};

bool is_packed(std::string_view bytes) {
  return bytes.empty() || bytes.back() == '\0';
}

/// One value as bytes and back. put() says whether there is something to say.
std::string_view bytes_of(const std::string_view& value) {
  return value;
}
std::string_view bytes_of(const PackedStrings& value) {
  return value.bytes();
}
template <class T>
std::string_view bytes_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

bool set(std::string_view& value, std::string_view bytes) {
  value = bytes;
  return true;
}
bool set(PackedStrings& value, std::string_view bytes) {
  value = PackedStrings(bytes);
  return is_packed(bytes);
}
bool set(bool& value, std::string_view bytes) {
  value = true;
  return bytes.size() == 1 && bytes[0] == 1;
}
bool set(EnvMode& value, std::string_view bytes) {
  if (bytes.size() != 1 || bytes[0] < 0 || bytes[0] > static_cast<char>(EnvMode::none))
    return false;
  value = static_cast<EnvMode>(bytes[0]);
  return true;
}
bool set(std::uint32_t& value, std::string_view bytes) {
  if (bytes.size() != sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  return true;
}
bool set(Duration& value, std::string_view bytes) {
  std::int64_t count = -1;
  if (bytes.size() != sizeof count) return false;
  std::memcpy(&count, bytes.data(), sizeof count);
  value = Duration(count);
  return count >= 0;
}
template <class T>
bool set(std::optional<T>& value, std::string_view bytes) {
  return set(value.emplace(), bytes);
}

/// Calls `visit(tag, member)` for each option: the one list of what goes over the wire.
template <class Options, class Visit>
void for_each_option(Options& options, Visit visit) {
  visit(Option::ident, options.ident);
  visit(Option::scope, options.scope);
  visit(Option::env_mode, options.env_mode);
  visit(Option::env, options.env);
  visit(Option::ignore_env, options.ignore_env);
  visit(Option::any_cwd, options.any_cwd);
  visit(Option::files, options.files);
  visit(Option::input_digest, options.input_digest);
  visit(Option::no_join, options.no_join);
  visit(Option::fresh, options.fresh);
  visit(Option::max_age, options.max_age);
  visit(Option::ttl, options.ttl);
  visit(Option::timeout, options.timeout);
  visit(Option::kill_after, options.kill_after);
  visit(Option::retries, options.retries);
  visit(Option::retry_delay, options.retry_delay);
  visit(Option::linger, options.linger);
  visit(Option::keep, options.keep);
  visit(Option::is_private, options.is_private);
  visit(Option::announce, options.announce);
  visit(Option::explain, options.explain);
}

/// What an option is where it was not given: that is not sent.
template <class T>
bool is_given(const std::optional<T>& value) {
  return value.has_value();
}
bool is_given(const std::string_view& value) {
  return !value.empty();
}
bool is_given(const PackedStrings& value) {
  return !value.empty();
}
template <class T>
bool is_given(const T& value) {
  return value != T{};
}

template <class T>
const T& plain(const T& value) {
  return value;
}
template <class T>
const T& plain(const std::optional<T>& value) {
  return *value;
}

void put_options(std::string& into, const CallOptions& options) {
  for_each_option(options, [&into](Option tag, const auto& value) {
    if (!is_given(value)) return;
    const std::string_view bytes = bytes_of(plain(value));
    ByteWriter writer(into);
    writer.put(tag);
    writer.put(static_cast<std::uint32_t>(bytes.size()));
    writer.put_bytes(bytes);
  });
}

/// False for an option that is unknown or cannot have this value.
bool set_option(CallOptions& options, Option option, std::string_view bytes) {
  bool sound = false;
  for_each_option(options, [&](Option tag, auto& value) {
    if (tag == option) sound = set(value, bytes);
  });
  return sound && !(options.ident && options.ident->empty());
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
