// A call that costs as little as a call can, against programs that also put something in front of
// a command, and against nothing in front.

#include <filesystem>
#include <fstream>
#include <iterator>

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/proc.hpp"
#include "measure/readers.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"
#include "rows/contest.hpp"

namespace bench {
namespace {

std::vector<double> milliseconds(std::vector<double> times) {
  for (double& time : times) time *= 1e3;
  return times;
}

/// The same calls with more in their environment, and `input` as stdin. What a locale adds to the
/// start of a program is part of each peer, and twice of those that start one program by another.
void measure_calls_with(const World& world, Results& results, const Words& more, int input,
                        const std::string& words) {
  const Daemon daemon(world, "calls");
  std::vector<Contestant> all;
  all.push_back({"reduce-run true", world.call(daemon, {"true"}, more)});
  all.push_back(
      {"flock FILE true", world.plain({"/usr/bin/flock", world.path("lock"), "true"}, more)});
  all.push_back({"env true", world.plain({"/usr/bin/env", "true"}, more)});
  all.push_back({"/usr/bin/true", world.plain({"/usr/bin/true"}, more)});
  for (Contestant& each : all) each.program.in(input);
  constexpr double goals[] = {0, 0.85, 0.95, 2.0};
  warm_up(all);
  daemon.settle();
  const double daemon_before = daemon.cpu();
  const double commands_before = daemon.commands_cpu();
  take_turns(all, world.sizes().calls);
  daemon.settle();

  const double count = world.sizes().calls;
  const double served = (daemon.cpu() - daemon_before) / count;
  const double command = (daemon.commands_cpu() - commands_before) / count;
  const double client = all[0].cpu / count;
  std::string note = "CPU of a call" + words + ": " + in_microseconds(client + served + command) +
                     " (reduce-run " + in_microseconds(client) + ", daemon " +
                     in_microseconds(served) + ", true " + in_microseconds(command) + ")";
  for (std::size_t n = 1; n < all.size(); ++n) {
    results.rows.push_back(against(all[0].name + words, all[n].name, "ms",
                                   milliseconds(all[0].times), milliseconds(all[n].times),
                                   goals[n]));
    note += ", " + all[n].name + " " + in_microseconds(all[n].cpu / count);
  }
  results.notes.push_back(note);
}

/// What a call costs that has to look at a file of rules, none of which is for it.
void note_on_config(const World& world, Results& results) {
  const Daemon daemon(world, "config");
  const std::string folder = world.path("with-config");
  std::filesystem::create_directories(folder + "/reduce");
  std::ofstream(folder + "/reduce/config.json")
      << R"({"rules": [{"match": ["make"], "timeout": "30m"}]})";
  std::vector<Contestant> all;
  all.push_back(
      {"with a config file", world.call(daemon, {"true"}, {"XDG_CONFIG_HOME=" + folder})});
  all.push_back({"without", world.call(daemon, {"true"})});
  warm_up(all);
  take_turns(all, world.sizes().calls);
  const double with = summarize(all[0].times).median, without = summarize(all[1].times).median;
  results.notes.push_back("a config file makes a call take " + in_digits(with / without) +
                          " times as long");
}

}  // namespace

void measure_short_calls(const World& world, Results& results) {
  const Pipe pipe = make_pipe();
  // Every Debian has this one.
  measure_calls_with(world, results, {"LANG=C.UTF-8"}, world.null(), "");
  measure_calls_with(world, results, {"LANG=C.UTF-8"}, pipe.reader.get(), ", a pipe on stdin");
  measure_calls_with(world, results, {}, world.null(), ", no locale");
  note_on_config(world, results);
}

void measure_large_daemon(const World& world, Results& results) {
  const int megabytes = world.sizes().ballast;
  const Daemon small(world, "small");
  const Daemon large(world, "large", megabytes);
  std::vector<Contestant> all;
  all.push_back({"large", world.call(large, {"true"})});
  all.push_back({"small", world.call(small, {"true"})});
  warm_up(all);
  if (memory_of(large.pid(), "VmRSS") < megabytes * 1e6) throw Broken("the daemon is not large");
  take_turns(all, world.sizes().calls);
  results.rows.push_back(against("reduce-run true, daemon of " + std::to_string(megabytes) + " MB",
                                 "small daemon", "ms", milliseconds(all[0].times),
                                 milliseconds(all[1].times), 1.15));
}

}  // namespace bench
