// The comparison as a picture: a bar for each row, as long as its part of what the goal allows
// would make it, so that all goals are one line.

#include <algorithm>
#include <sstream>

#include "report/format.hpp"
#include "report/report.hpp"

namespace bench {
namespace {

constexpr int kWidth = 860;
constexpr int kLabels = 400;      // where bars begin
constexpr int kGoal = 300;        // from there to the goals' line
constexpr double kLongest = 1.3;  // a longer bar is cut off
constexpr int kRow = 26;
constexpr int kTop = 46;

constexpr const char* kStyle = R"(<style>
  text { font: 12.5px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .title { font-weight: 600 }
  .holds { fill: #2f81c7 } .short { fill: #c9702b } .track { fill: #818b981f }
  .goal { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 4 3 }
  .peer { stroke: #818b98; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 }
    .goal { stroke: #e6edf3 } .holds { fill: #4393d8 } .short { fill: #d98a4b }
  }
</style>
)";

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char byte : text) {
    if (byte == '<') {
      safe += "&lt;";
    } else if (byte == '&') {
      safe += "&amp;";
    } else {
      safe += byte;
    }
  }
  return safe;
}

void put_text(std::ostream& to, double x, double y, const std::string& text,
              const std::string& kind = "", const std::string& anchor = "start") {
  to << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\"";
  if (!kind.empty()) to << " class=\"" << kind << "\"";
  to << ">" << escaped(text) << "</text>\n";
}

void put_box(std::ostream& to, double x, double y, double width, double height,
             const std::string& kind) {
  to << "<rect x=\"" << x << "\" y=\"" << y << "\" width=\"" << width << "\" height=\"" << height
     << "\" rx=\"2\" class=\"" << kind << "\"/>\n";
}

void put_line(std::ostream& to, double x, double top, double bottom, const std::string& kind) {
  to << "<line x1=\"" << x << "\" y1=\"" << top << "\" x2=\"" << x << "\" y2=\"" << bottom
     << "\" class=\"" << kind << "\"/>\n";
}

std::string label_of(const Row& row) {
  return row.judged_unit.empty() ? row.what + " / " + row.peer : row.what;
}

std::string value_of(const Row& row) {
  if (row.judged_unit.empty()) return "× " + in_digits(row.judged.median);
  return in_digits(row.judged.median) + " " + row.judged_unit;
}

void put_row(std::ostream& to, const Row& row, double y, bool verdict) {
  const double part = row.judged.median / row.goal;
  const double length = kGoal * std::clamp(part, 0.004, kLongest);
  put_text(to, kLabels - 10, y + 16, label_of(row), "", "end");
  put_box(to, kLabels, y + 4, kGoal * kLongest, kRow - 8, "track");
  put_box(to, kLabels, y + 4, length, kRow - 8, verdict && !row.holds() ? "short" : "holds");
  // Where this row's peer is: as much as it costs.
  if (row.judged_unit.empty() && 1 / row.goal <= kLongest) {
    put_line(to, kLabels + kGoal / row.goal, y + 2, y + kRow - 2, "peer");
  }
  put_text(to, kLabels + kGoal * kLongest + 8, y + 16, value_of(row));
}

}  // namespace

std::string to_svg(const Results& results, const Circumstances& circumstances) {
  const auto count = static_cast<int>(results.rows.size());
  const int bottom = kTop + count * kRow;
  std::ostringstream svg;
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << kWidth << " " << bottom + 44
      << "\" role=\"img\">\n"
      << "<title>What reduce-run costs, beside its peers</title>\n"
      << kStyle;
  put_text(svg, kLabels - 10, 22, "less is better", "title", "end");
  put_text(svg, kLabels + kGoal, 22, "goal", "small", "middle");
  for (int n = 0; n < count; ++n) {
    put_row(svg, results.rows[static_cast<std::size_t>(n)], kTop - 14 + n * kRow,
            circumstances.verdict);
  }
  put_line(svg, kLabels + kGoal, 28, bottom - 8, "goal");
  put_text(
      svg, 10, bottom + 14,
      "Each bar is the part of its goal that is used up; grey marks: the peer itself. × is the "
      "ratio to the peer.",
      "small");
  put_text(svg, 10, bottom + 30, circumstances.machine + "; " + circumstances.mode + " measure",
           "small");
  svg << "</svg>\n";
  return svg.str();
}

}  // namespace bench
