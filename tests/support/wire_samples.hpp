#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/test_command.hpp"
#include "wire/frame.hpp"
#include "wire/message.hpp"

namespace reduce::test {

/// The bodies of a valid message of each kind and how each is read.
struct WireSample {
  std::string name;
  std::string body;
  /// How much of the body has a fixed meaning; what follows is text that goes to the end.
  std::size_t fixed = 0;
  /// Reads a body. Whether it was accepted.
  std::function<bool(std::string_view)> parse;
};

/// The body of a frame that a put_… function made.
inline std::string body_of(const std::string& frame) {
  return frame.substr(kFrameHeadSize);
}

inline std::string body_of_run(const TestCommand& command) {
  const CommandView view = command.view();
  std::string body;
  put_run_prefix(body, view);
  body += view.args.bytes();
  body += view.env.bytes();
  return body;
}

/// A command with something in each field.
inline TestCommand full_command() {
  TestCommand command({"make", "", "-j", "\xff\xfe b"}, {"A=1", "B=", "novalue", "A=2"});
  command.umask = 077;
  command.nice = -3;
  for (std::size_t i = 0; i < command.limits.size(); ++i) {
    command.limits[i] = {1000 + i, i % 2 == 0 ? RLIM_INFINITY : 2000 + i};
  }
  command.options.has_ident = true;
  command.options.ident = "mine";
  command.options.scope = "here";
  command.options.env_mode = EnvMode::none;
  command.options.no_join = true;
  command.options.announce = true;
  return command;
}

inline std::vector<WireSample> wire_samples() {
  std::vector<WireSample> samples;
  const auto add = [&](std::string name, std::string body, std::size_t text, auto parse) {
    const std::size_t fixed = body.size() - text;
    samples.push_back({std::move(name), std::move(body), fixed,
                       [parse](std::string_view bytes) { return parse(bytes).has_value(); }});
  };
  std::string bytes;
  const auto take = [&bytes] { return body_of(std::exchange(bytes, {})); };

  add("run", body_of_run(full_command()), 0, parse_run);
  add("plain run", body_of_run(TestCommand()), 0, parse_run);
  put_attached(bytes, {42, Role::joined, 7, Duration(123456789)});
  add("attached", take(), 0, parse_attached);
  put_notice(bytes, {Stream::err, true, {1, 0xffffffff, 77}});
  add("notice", take(), 0, parse_notice);
  put_notice(bytes, {Stream::out, false, std::vector<std::uint32_t>(kMaxPieces, 9)});
  add("largest notice", take(), 0, parse_notice);
  const Attached attached{9, Role::started, 3, Duration(5)};
  put_ending(bytes, {Exited{255}, attached, Duration(6)});
  add("exited", take(), 0, parse_ending);
  put_ending(bytes, {Signaled{64}, attached, Duration(6)});
  add("signaled", take(), 0, parse_ending);
  put_ending(bytes, {NotExecuted{2}, attached, Duration(6)});
  add("not executed", take(), 0, parse_ending);
  put_ending(bytes, {Broken{"no space"}, attached, Duration(6)});
  add("broken", take(), 8, parse_ending);
  put_refused(bytes, {Remedy::run_direct, "too many"});
  add("refused", take(), 8, parse_refused);
  put_signal(bytes, 15);
  add("signal", take(), 0, parse_signal);
  put_leave(bytes, 2);
  add("leave", take(), 0, parse_signal);
  put_query(bytes, {QueryKind::list, "json"});
  add("query", take(), 4, parse_query);
  return samples;
}

}  // namespace reduce::test
