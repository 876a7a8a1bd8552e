#include <algorithm>
#include <cstdio>
#include <fstream>

#include "experiments.hpp"
#include "measure/time.hpp"
#include "measure/trouble.hpp"
#include "options.hpp"
#include "report/report.hpp"

namespace {

using namespace bench;

constexpr int kInterrupted = 130;

void measure(const Experiment& experiment, const World& world, Results& results) {
  std::fprintf(stderr, "bench: %s\n", experiment.what);
  try {
    experiment.measure(world, results);
  } catch (const Impossible& why) {
    results.skipped.push_back({experiment.what, why.what()});
  } catch (const Broken& why) {
    results.skipped.push_back({experiment.what, why.what()});
    results.broken = true;
  }
}

void write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return;
  std::ofstream file(path);
  file << text;
  if (!file.flush()) fail(path);
}

int run(const Options& options) {
  Circumstances circumstances = look_around(options.mode);
  const Moment begin = Clock::now();
  const World world(options.programs, options.sizes());
  Results results;
  for (const Experiment& experiment : all_experiments()) {
    if (options.wants(experiment.name, experiment.what)) measure(experiment, world, results);
  }
  circumstances.seconds = seconds_since(begin);
  std::fputs(world.errors().c_str(), stderr);
  print(results, circumstances);
  write_file(options.json, to_json(results, circumstances));
  write_file(options.svg, to_svg(results, circumstances));
  const bool all_hold =
      results.skipped.empty() &&
      std::ranges::all_of(results.rows, [](const Row& row) { return row.holds(); });
  return results.broken || (options.strict && circumstances.verdict && !all_hold) ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  catch_signals();
  raise_descriptor_limit();
  try {
    return run(std::get<Options>(parsed));
  } catch (const Interrupted&) {
    std::fputs("bench: interrupted\n", stderr);
    return kInterrupted;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
