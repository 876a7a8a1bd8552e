// The body of `run`: what every call sends.
#include "command/command.hpp"
#include "target.hpp"
#include "wire/message.hpp"

using namespace reduce;

namespace {

std::string body_of(const CommandView& command) {
  std::string body;
  put_run_prefix(body, command);
  body += command.args.bytes();
  body += command.env.bytes();
  return body;
}

void check_strings(const PackedStrings& strings, std::string_view input) {
  EXPECT(fuzz::is_inside(strings.bytes(), input));
  std::size_t size = 0;
  for (const std::string_view text : strings) size += text.size() + 1;
  EXPECT(size == strings.bytes().size());
}

void check_bounds(const CommandView& command, std::string_view input) {
  const CallOptions& options = command.options;
  for (const PackedStrings& strings :
       {command.args, command.env, options.env, options.ignore_env, options.files}) {
    check_strings(strings, input);
  }
  for (const std::string_view text :
       {options.ident.value_or(std::string_view()), options.scope, options.input_digest}) {
    EXPECT(fuzz::is_inside(text, input));
  }
  EXPECT(!options.ident || !options.ident->empty());
  EXPECT(options.env_mode <= EnvMode::none);
  for (const auto& duration : {options.max_age, options.ttl, options.timeout, options.kill_after,
                               options.retry_delay, options.linger}) {
    EXPECT(!duration || *duration >= Duration::zero());
  }
}

/// Everything that others are shown of it can be said.
void check_shown(const CommandView& command) {
  EXPECT(!command.args.empty());
  const auto shown = shown_arguments(command);
  EXPECT(!shown.empty());
  EXPECT(!command.options.is_private || shown[0] == program_name(command));
}

}  // namespace

FUZZ_TARGET(run_request) {
  const auto command = parse_run(input);
  if (!command) {
    EXPECT(!command.error().text.empty());
    return;
  }
  check_bounds(*command, input);
  check_shown(*command);
  const std::string written = body_of(*command);
  // An option that was given as if it were not, or twice, is written once or not at all.
  EXPECT(written.size() <= input.size());
  const auto again = parse_run(written);
  EXPECT(again && body_of(*again) == written);
  const Command kept(*command, Place());
  EXPECT(body_of(kept.view()) == written);
}
