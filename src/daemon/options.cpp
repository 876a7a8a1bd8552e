#include "daemon/options.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "base/exit_status.hpp"
#include "base/result.hpp"
#include "base/version.hpp"

namespace reduce {
namespace {

/// Adds an option whose value `parse` reads, with a message that says what it should have been.
template <class T, class Parse>
void add_parsed(CLI::App& app, const std::string& name, T& into, Parse parse, const char* type,
                const std::string& help) {
  const auto read = [&into, parse, name, type](const std::string& text) {
    const auto value = parse(text);
    if (!value) throw CLI::ValidationError(name, "'" + text + "' is not a " + type);
    into = *value;
  };
  app.add_option_function<std::string>(name, read, help)->type_name(type)->take_last();
}

/// A size of which something fits in: without any, every command that writes would wait for ever.
std::optional<std::uint64_t> parse_some(const std::string& text) {
  constexpr std::uint64_t kLeast = 64 * 1024;
  const auto size = parse_size(text);
  return size && *size >= kLeast ? size : std::nullopt;
}

/// The daemon's own folder will be another. Empty stays empty.
std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).string();
}

}  // namespace

std::variant<DaemonOptions, int> parse_daemon_options(int argc, char** argv) {
  DaemonOptions options;
  std::string socket;
  CLI::App app("Runs each command once for all who ask for it at the same time. See reduce-run.");
  app.name("reduced");
  app.set_version_flag("--version", version_line("reduced"));
  app.add_option("--socket", socket, "Serve this socket")->type_name("PATH")->take_last();
  app.add_flag("--replace", options.replace,
               "Take the socket over from the daemon that serves it; its runs end there");
  add_parsed(app, "--idle-exit", options.server.idle_exit, parse_duration, "DUR",
             "End after this long without calls (default: never)");
  add_parsed(app, "--drain-timeout", options.server.drain_timeout, parse_duration, "DUR",
             "When told to end, stop runs that take longer (default: let them end)");
  add_parsed(app, "--max-callers", options.server.callers, parse_size, "N",
             "Serve at most this many callers at once (default: 10000)");
  add_parsed(app, "--max-runs", options.server.runs, parse_size, "N",
             "Have at most this many runs in flight (default: 1000)");
  add_parsed(app, "--max-request", options.server.largest_request, parse_size, "SIZE",
             "Refuse larger requests: arguments and environment (default: 8M)");
  add_parsed(app, "--max-args", options.server.most_arguments, parse_size, "N",
             "Refuse commands of more arguments (default: 100000)");
  add_parsed(app, "--max-connections", options.server.connections, parse_size, "N",
             "Have at most this many connections, silent ones included (default: 12000)");
  add_parsed(app, "--max-observers", options.server.lookers_on, parse_size, "N",
             "Tell at most this many readers of --events at once (default: 100)");
  add_parsed(app, "--request-timeout", options.server.request_timeout, parse_duration, "DUR",
             "Let go of connections whose request has not come by then (default: 10s)");
  add_parsed(app, "--spool-limit", options.server.spool.run_limit, parse_some, "SIZE",
             "Keep at most this much output of a run: then it takes no more callers, and waits for "
             "its slowest one (default: 4G)");
  add_parsed(app, "--spool-total", options.server.spool.total_limit, parse_some, "SIZE",
             "Keep at most this much output in all (default: 16G)");
  add_parsed(app, "--stall-timeout", options.server.stall_timeout, parse_duration, "DUR",
             "Let go of a caller that takes nothing for this long while others wait for it "
             "(default: 60s)");
  app.add_option("--spool-dir", options.server.spool.folder,
                 "Keep large output in this folder (default: /var/tmp)")
      ->type_name("DIR")
      ->take_last();
  app.add_option_function<std::string>(
         "--debug",
         [&options](const std::string& file) { options.server.observers.debug = absolute(file); },
         "Log what happens, on stderr or to FILE")
      ->type_name("[=FILE]")
      ->expected(0, 1)
      ->take_last();
  app.add_option("--hook", options.server.observers.programs,
                 "Start this shell line and feed it what happens as lines of JSON; repeatable")
      ->type_name("STRING")
      ->allow_extra_args(false);
  // For tests: small segments make a small output long.
  const auto set_segment = [&options](const std::string& text) {
    const auto size = parse_size(text);
    if (!size || *size == 0) throw CLI::ValidationError("--segment-size", "not a size");
    options.server.spool.first_size = options.server.spool.next_size = *size;
  };
  app.add_option_function<std::string>("--segment-size", set_segment, "")->group("");
  app.add_option("--ready-fd", options.ready_fd, "")->group("")->take_last();
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::cerr << "reduced: " << error.what() << " (see reduced --help)\n";
    return kExitOwnFailure;
  }
  if (app.count("--socket") > 0) options.socket = socket;
  std::string& folder = options.server.spool.folder;
  folder = absolute(folder);
  if (app.count("--spool-dir") > 0 && ::access(folder.c_str(), W_OK | X_OK) != 0) {
    std::cerr << "reduced: " << system_error("cannot use --spool-dir " + folder).text << "\n";
    return kExitOwnFailure;
  }
  return options;
}

}  // namespace reduce
