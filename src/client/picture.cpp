#include "client/picture.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "client/shown.hpp"
#include "client/time_axis.hpp"

namespace reduce {
namespace {

// In pixels.
constexpr int kWidth = 1200, kLabels = 320, kMargin = 16, kTop = 96, kLine = 20, kBar = 14;
constexpr int kPlot = kWidth - kLabels - kMargin;
/// Of a label, at 12 pixels.
constexpr std::size_t kLabelColumns = 41;
/// What a browser shows well, and a reader still reads.
constexpr std::size_t kMostLines = 200, kMostBars = 5'000, kMostTicks = 20'000;

constexpr std::string_view kStyle = R"(<style>
svg { color-scheme: light dark; }
text { font: 12px ui-monospace, monospace; fill: #1f2328; }
.title { font: bold 15px system-ui, sans-serif; }
.quiet { fill: #59636e; }
.back { fill: #ffffff; }
.grid { stroke: #d1d9e0; }
.ok { fill: #4caf6d; }
.failed { fill: #d9534f; }
.in-flight { fill: #4a90d9; }
.join { stroke: #1f2328; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.quiet { fill: #9198a1; }
.back { fill: #0d1117; }
.grid { stroke: #30363d; }
.join { stroke: #ffffff; }
}
</style>
)";

template <class... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 512> text;
  const int size = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1)};
}

std::string text_at(int x, int y, const char* kind, std::string_view text) {
  return print("<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, kind) + in_xml(text) + "</text>\n";
}

const char* class_of(Timeline::End how) {
  if (how == Timeline::End::ok) return "ok";
  return how == Timeline::End::in_flight ? "in-flight" : "failed";
}

std::string length_of(const Timeline::Run& run) {
  const auto length = static_cast<double>(run.end - *run.begin);
  return length < 1e6 ? print("%.1fms", length / 1e3) : in_seconds(length / 1e6);
}

/// What of a timeline a picture has room for, and where.
class Picture {
 public:
  Picture(const Timeline& timeline, const Sink& sink) : timeline_(timeline), sink_(sink) {
    place_rows();
    place_time();
  }

  void write() const {
    const int height = bottom() + 3 * kLine;
    sink_(
        print("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
              "viewBox=\"0 0 %d %d\">\n",
              kWidth, height, kWidth, height));
    sink_(kStyle);
    sink_(print("<rect class=\"back\" width=\"%d\" height=\"%d\"/>\n", kWidth, height));
    write_head();
    write_axis();
    write_labels();
    const std::size_t left_out = write_bars() + write_ticks();
    write_rest(left_out);
    sink_("</svg>\n");
  }

 private:
  void place_rows() {
    for (const auto& row : timeline_.rows()) {
      if (lines_ == kMostLines) break;
      first_line_.push_back(lines_);
      lines_ = std::min(lines_ + row.lanes, kMostLines);
    }
  }

  /// From the first thing that happened to the last.
  void place_time() {
    Timeline::Micros first = std::numeric_limits<Timeline::Micros>::max(), last = 0;
    for (const auto& run : timeline_.runs()) {
      if (!run.begin) continue;
      first = std::min(first, *run.begin);
      last = std::max(last, run.end);
    }
    for (const auto& mark : timeline_.marks()) {
      if (mark.run == Timeline::kNoRun) continue;
      first = std::min(first, mark.at);
      last = std::max(last, mark.at);
    }
    if (last == 0) first = 0;
    from_ = std::min(first, last);
    span_ = std::max<Timeline::Micros>(last == 0 ? timeline_.end() : last - from_, 1);
  }

  double x(Timeline::Micros at) const {
    return kLabels + static_cast<double>(at - from_) / static_cast<double>(span_) * kPlot;
  }
  int y(std::size_t line) const { return kTop + static_cast<int>(line) * kLine; }
  int bottom() const { return y(std::max<std::size_t>(lines_, 1)); }
  bool has_room(const Timeline::Run& run) const {
    return run.row < first_line_.size() && first_line_[run.row] + run.lane < kMostLines;
  }
  int y(const Timeline::Run& run) const { return y(first_line_[run.row] + run.lane); }

  void write_head() const {
    const auto& totals = timeline_.totals();
    const auto count = [](std::uint64_t number) { return std::to_string(number); };
    sink_(text_at(kMargin, 26, "title",
                  count(totals.calls) + " calls, " + count(totals.executed) + " runs, " +
                      count(totals.joined) + " shared another's, " + in_seconds(totals.saved) +
                      " saved"));
    int at = kMargin;
    for (const auto& [kind, word] : {std::pair("ok", "ok"), std::pair("failed", "failed"),
                                     std::pair("in-flight", "in flight")}) {
      sink_(print("<rect class=\"%s\" x=\"%d\" y=\"42\" width=\"14\" height=\"12\" rx=\"2\"/>\n",
                  kind, at));
      sink_(text_at(at + 20, 52, "quiet", word));
      at += 110;
    }
    sink_(print("<path class=\"join\" d=\"M%d 41v14\"/>\n", at + 6));
    sink_(text_at(at + 20, 52, "quiet", "a call joins"));
  }

  void write_axis() const {
    const TimeAxis axis(span_);
    for (Timeline::Micros at = 0; at <= span_; at += axis.step()) {
      const double where = x(from_ + at);
      sink_(print("<path class=\"grid\" d=\"M%.1f %dV%d\"/>\n", where, kTop - 6, bottom()));
      const bool is_last = where > kWidth - 4 * kMargin;
      sink_(print("<text x=\"%.1f\" y=\"%d\" class=\"quiet\" text-anchor=\"%s\">", where, kTop - 12,
                  is_last   ? "end"
                  : at == 0 ? "start"
                            : "middle") +
            in_xml(axis.label(at)) + "</text>\n");
    }
  }

  void write_labels() const {
    for (std::size_t row = 0; row < first_line_.size(); ++row) {
      const auto& shown = timeline_.rows()[row];
      Fitted label = fit(shown.command, kLabelColumns);
      if (label.text.size() < shown.command.size()) {
        label.text = fit(shown.command, kLabelColumns - 1).text + "\u2026";
      }
      sink_(print("<text x=\"%d\" y=\"%d\"><title>", kMargin, y(first_line_[row]) + kBar - 1) +
            in_xml(shown.command + " in " + shown.cwd) + "</title>" + in_xml(label.text) +
            "</text>\n");
    }
  }

  std::string title_of(const Timeline::Run& run) const {
    std::string text = timeline_.rows()[run.row].command + "\nrun " + std::to_string(run.id) +
                       (run.ending.empty() ? ", in flight" : ", " + run.ending) + ", " +
                       length_of(run) + ", " + std::to_string(run.callers) +
                       (run.callers == 1 ? " caller" : " callers");
    if (run.earlier_age > 0) text += ", " + in_seconds(run.earlier_age) + " old at the beginning";
    return text;
  }

  /// How many there was no room for.
  std::size_t write_bars() const {
    std::size_t written = 0, left_out = 0;
    for (const auto& run : timeline_.runs()) {
      if (!run.begin) continue;
      if (!has_room(run) || written == kMostBars) {
        ++left_out;
        continue;
      }
      ++written;
      const double width = std::max(x(run.end) - x(*run.begin), 2.0);
      sink_(print("<rect class=\"run %s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" "
                  "rx=\"2\"><title>",
                  class_of(run.how), x(*run.begin), y(run), width, kBar) +
            in_xml(title_of(run)) + "</title></rect>\n");
    }
    return left_out;
  }

  std::size_t write_ticks() const {
    std::size_t written = 0, left_out = 0;
    for (const auto& mark : timeline_.marks()) {
      if (mark.kind != Timeline::Kind::join) continue;
      const auto& run = timeline_.runs()[mark.run];
      if (!has_room(run) || written == kMostTicks) {
        ++left_out;
        continue;
      }
      ++written;
      sink_(print("<path class=\"tick join\" d=\"M%.2f %dv%d\"/>\n", x(mark.at), y(run) - 2,
                  kBar + 4));
    }
    return left_out;
  }

  void write_rest(std::size_t left_out) const {
    std::string text;
    const auto add = [&text](std::size_t count, const char* what) {
      if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + what;
    };
    add(timeline_.rows().size() - first_line_.size(), " more commands not shown");
    add(left_out, " more runs and joins not shown");
    add(timeline_.totals().dropped, " events dropped");
    add(timeline_.totals().not_kept, " not kept");
    if (timeline_.rows().empty()) text = "nothing happened";
    if (!text.empty()) sink_(text_at(kMargin, bottom() + 2 * kLine, "quiet", text));
  }

  const Timeline& timeline_;
  const Sink& sink_;
  std::vector<std::size_t> first_line_;  ///< of each row that there is room for
  std::size_t lines_ = 0;
  Timeline::Micros from_ = 0, span_ = 1;
};

}  // namespace

std::string in_xml(std::string_view text) {
  std::string escaped;
  for (const char byte : text) {
    switch (byte) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        // XML 1.0 has no way to say other control characters.
        escaped +=
            static_cast<unsigned char>(byte) < ' ' && byte != '\n' && byte != '\t' ? '?' : byte;
    }
  }
  return escaped;
}

void write_picture(const Timeline& timeline, const Sink& sink) {
  Picture(timeline, sink).write();
}

}  // namespace reduce
