#include <algorithm>
#include <cstdio>

#include "report/format.hpp"
#include "report/report.hpp"

namespace bench {
namespace {

using Cells = std::vector<std::string>;

std::string spread(const Summary& summary) {
  return in_digits(summary.low) + "–" + in_digits(summary.high);
}

std::string with_unit(double value, const std::string& unit) {
  return in_digits(value) + (unit.empty() ? "" : " " + unit);
}

Cells cells_of(const Row& row, bool verdict) {
  return {row.what,
          with_unit(row.ours.median, row.unit),
          row.peer,
          row.theirs ? with_unit(row.theirs->median, row.unit) : "",
          with_unit(row.judged.median, row.judged_unit),
          spread(row.judged),
          std::to_string(row.judged.samples),
          "≤ " + with_unit(row.goal, row.judged_unit),
          verdict ? verdict_on(row) : ""};
}

void print_table(const std::vector<Cells>& lines) {
  std::vector<std::size_t> widths(lines[0].size());
  for (const Cells& cells : lines) {
    for (std::size_t n = 0; n < cells.size(); ++n) {
      std::size_t width = 0;
      while (padded(cells[n], width).size() == cells[n].size() && width < 100) ++width;
      widths[n] = std::max(widths[n], width - 1);
    }
  }
  for (const Cells& cells : lines) {
    std::string line;
    for (std::size_t n = 0; n < cells.size(); ++n) {
      const bool is_text = n == 0 || n == 2 || n == 8;
      line += padded(cells[n], widths[n], !is_text) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::puts(line.c_str());
  }
}

void print_curve(const Curve& curve) {
  std::printf("\n%s\n", curve.what.c_str());
  std::vector<Cells> lines{{"count"}};
  for (const std::string& column : curve.columns) lines[0].push_back(column);
  for (const Curve::Point& point : curve.points) {
    Cells cells{std::to_string(point.count)};
    for (const double value : point.values) cells.push_back(in_digits(value));
    lines.push_back(cells);
  }
  for (const Cells& cells : lines) {
    for (const std::string& cell : cells) std::printf("%s", padded(cell, 15, true).c_str());
    std::puts("");
  }
}

void print_syscalls(const std::vector<SyscallCount>& counts) {
  if (!counts.empty())
    std::puts(
        "\nsystem calls of one `reduce-run true`, and what they were (the command's own not among "
        "them)");
  for (const SyscallCount& count : counts) {
    std::printf("  %s %s:", padded(count.program, 14).c_str(), in_digits(count.total).c_str());
    for (const auto& [name, times] : count.by_name) {
      std::printf(" %s %s", name.c_str(), in_digits(times).c_str());
    }
    std::puts("");
  }
}

}  // namespace

std::string verdict_on(const Row& row) {
  if (row.holds()) return "holds";
  return "short by " + in_digits(100 * (row.judged.median / row.goal - 1)) + " %";
}

void print(const Results& results, const Circumstances& circumstances) {
  std::printf("%s, load %s before; %s, %.0f s\n\n", circumstances.machine.c_str(),
              circumstances.load.c_str(), circumstances.mode.c_str(), circumstances.seconds);
  std::vector<Cells> lines{
      {"what", "ours", "peer", "theirs", "judged", "quartiles", "samples", "goal", ""}};
  for (const Row& row : results.rows) lines.push_back(cells_of(row, circumstances.verdict));
  if (!results.rows.empty()) print_table(lines);
  for (const Curve& curve : results.curves) print_curve(curve);
  print_syscalls(results.syscalls);
  if (!results.notes.empty()) std::puts("");
  for (const std::string& note : results.notes) std::printf("note: %s\n", note.c_str());
  for (const Skipped& each : results.skipped) {
    std::printf("not measured: %s: %s\n", each.what.c_str(), each.why.c_str());
  }
  if (!circumstances.verdict || results.rows.empty()) return;
  const auto held = std::ranges::count_if(results.rows, [](const Row& row) { return row.holds(); });
  std::printf("\n%td of %zu goals hold\n", held, results.rows.size());
}

}  // namespace bench
