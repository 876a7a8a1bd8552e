// Lines of JSON that a daemon tells, made into a timeline, a trace and a picture.
#include "client/timeline.hpp"

#include <vector>

#include "client/picture.hpp"
#include "client/trace_format.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

constexpr double kBegin = 1000, kEnd = 1010;
constexpr Timeline::Limits kLimits{4, 12, 16};

void check_run(const Timeline& timeline, const Timeline::Run& run) {
  EXPECT(run.row < timeline.rows().size());
  EXPECT(run.lane < timeline.rows()[run.row].lanes);
  if (!run.begin) return;
  EXPECT(*run.begin >= 0 && *run.begin < run.end && run.end <= timeline.end());
  EXPECT(run.earlier_age >= 0 && run.duration >= 0);
}

/// Of one lane none begins before the other has ended.
void check_lanes(const std::vector<Timeline::Run>& runs) {
  for (const auto& one : runs) {
    for (const auto& other : runs) {
      if (&one == &other || !one.begin || !other.begin) continue;
      if (one.row != other.row || one.lane != other.lane) continue;
      EXPECT(one.end <= *other.begin || other.end <= *one.begin);
    }
  }
}

void check(const Timeline& timeline) {
  EXPECT(timeline.rows().size() <= kLimits.rows && timeline.runs().size() <= kLimits.runs);
  EXPECT(timeline.marks().size() <= kLimits.marks);
  for (const auto& run : timeline.runs()) check_run(timeline, run);
  check_lanes(timeline.runs());
  for (const auto& mark : timeline.marks()) {
    EXPECT(mark.run == Timeline::kNoRun || mark.run < timeline.runs().size());
    EXPECT(mark.at >= 0 && mark.at <= timeline.end());
  }
  EXPECT(timeline.totals().saved >= 0);
}

using Write = void (*)(const Timeline&, const Sink&);
std::string text_by(Write write, const Timeline& timeline) {
  std::string text;
  write(timeline, [&text](std::string_view piece) { text += piece; });
  return text;
}

void check_trace(const std::string& text) {
  const Json trace = Json::parse(text, nullptr, false);
  EXPECT(trace.is_object() && trace.contains("traceEvents"));
  for (const Json& event : trace["traceEvents"]) {
    EXPECT(event.is_object() && event["name"].is_string() && event["ts"].is_number());
    EXPECT(!event.contains("dur") || event["dur"] > 0);
  }
}

/// Every element is closed, in order, and no text is taken for one.
void check_picture(std::string_view text) {
  EXPECT(fuzz::is_visible(text, "\n\t"));
  EXPECT(!Json(text).dump().empty());  // throws where it is no UTF-8
  std::vector<std::string_view> open;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find('<'), text.size());
    EXPECT(text.substr(0, begin).find('>') == std::string_view::npos);
    text.remove_prefix(begin);
    if (text.empty()) break;
    const std::size_t end = text.find('>');
    EXPECT(end != std::string_view::npos && end > 1);
    const std::string_view tag = text.substr(1, end - 1);
    if (tag.starts_with('/')) {
      EXPECT(!open.empty() && open.back() == tag.substr(1));
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    text.remove_prefix(end + 1);
  }
  EXPECT(open.empty());
}

}  // namespace

FUZZ_TARGET(timeline) {
  Timeline timeline(kBegin, kLimits);
  while (!input.empty()) timeline.take(fuzz::take_line(input));
  timeline.finish(kEnd);
  check(timeline);
  check_trace(text_by(write_trace, timeline));
  check_picture(text_by(write_picture, timeline));
}
