#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/summary.hpp"

namespace bench {

/// One row of the table: what was measured, beside whom, and what the goal says of it.
struct Row {
  std::string what;
  std::string peer;  ///< empty where there is none
  std::string unit;  ///< of `ours` and `theirs`
  Summary ours;
  std::optional<Summary> theirs;
  Summary judged;           ///< what the goal is about: a ratio, or `ours` itself
  std::string judged_unit;  ///< empty for a ratio
  double goal = 0;          ///< at most this

  bool holds() const { return judged.median <= goal; }
};

/// A row with a peer: judged by the ratio of the two.
Row against(std::string what, std::string peer, std::string unit, const std::vector<double>& ours,
            const std::vector<double>& theirs, double goal);
/// A row without one: judged by itself.
Row alone(std::string what, std::string unit, const std::vector<double>& ours, double goal);

/// A cost as a function of how many there are.
struct Curve {
  struct Point {
    int count = 0;
    std::vector<double> values;  ///< one for each column
  };
  std::string what;
  std::vector<std::string> columns;
  std::vector<Point> points;
};

/// How often a program calls the kernel, by name.
struct SyscallCount {
  std::string program;
  double total = 0;  ///< per call
  std::vector<std::pair<std::string, double>> by_name;
};

/// Why something was not measured.
struct Skipped {
  std::string what;
  std::string why;
};

/// All that was found out.
struct Results {
  std::vector<Row> rows;
  std::vector<Curve> curves;
  std::vector<SyscallCount> syscalls;
  std::vector<std::string> notes;
  std::vector<Skipped> skipped;
  bool broken = false;  ///< one of them could not be measured because something did not work
};

}  // namespace bench
