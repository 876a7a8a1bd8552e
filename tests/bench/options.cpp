#include "options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "experiments.hpp"

namespace bench {

Sizes Options::sizes() const {
  if (mode == "smoke") return smoke_sizes();
  return mode == "quick" ? quick_sizes() : full_sizes();
}

bool Options::wants(const std::string& name, const std::string& what) const {
  const auto is_meant = [&](const std::string& part) {
    return name.find(part) != std::string::npos || what.find(part) != std::string::npos;
  };
  return only.empty() || std::ranges::any_of(only, is_meant);
}

namespace {

std::string list_of_names() {
  std::string list = "Names:\n";
  for (const Experiment& each : all_experiments()) {
    list.append("  ").append(each.name).append(": ").append(each.what).append("\n");
  }
  return list;
}

bool means_something(const Options& options) {
  return std::ranges::any_of(all_experiments(), [&](const Experiment& each) {
    return options.wants(each.name, each.what);
  });
}

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
  Options options;
  options.programs = REDUCE_BENCH_BIN;
  CLI::App app("Measures what reduce-run costs, side by side with its peers on this machine.");
  app.footer(list_of_names());
  const auto set_mode = [&](const char* mode) {
    return [&options, mode](std::int64_t) { options.mode = mode; };
  };
  app.add_flag_function("--quick", set_mode("quick"), "Smaller, under a minute; no verdict");
  app.add_flag_function("--smoke", set_mode("smoke"), "Only to see that it works");
  app.add_option("--json", options.json, "Write all numbers to this file")->type_name("FILE");
  app.add_option("--svg", options.svg, "Draw the comparison into this file")->type_name("FILE");
  app.add_option("--only", options.only, "Only what this is a part of (repeatable)")
      ->type_name("NAME")
      ->take_all()
      ->expected(1);
  app.add_option("--bin", options.programs, "Where reduce-run and reduced are")->type_name("DIR");
  app.add_flag("--strict", options.strict, "Exit with 1 where a goal is missed");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& asked) {
    return app.exit(asked);
  }
  if (!means_something(options)) {
    std::cerr << "bench: --only names nothing that is measured (see --help)\n";
    return 2;
  }
  return options;
}

}  // namespace bench
