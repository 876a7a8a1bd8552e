#include "client/timeline.hpp"

#include <cmath>

#include "client/picture.hpp"
#include "client/trace_format.hpp"
#include "support/catch.hpp"

using namespace reduce;

namespace {

constexpr double kBegin = 1000;

/// One event; `more` are further members, with a comma before them.
std::string event(const std::string& name, double time, int id, const std::string& more = {},
                  const std::string& program = "make") {
  return R"({"event": ")" + name + R"(", "time": )" + std::to_string(kBegin + time) +
         R"(, "id": )" + std::to_string(id) + R"(, "argv": [")" + program +
         R"("], "cwd": "/", "identity": ")" + program + "\"" + more + "}";
}

std::string end(const std::string& name, double time, int id, int code, double duration,
                const std::string& program = "make") {
  return event(name, time, id,
               R"(, "end": "exit", "code": )" + std::to_string(code) +
                   R"(, "callers": 2, "output_bytes": 5, "duration_seconds": )" +
                   std::to_string(duration),
               program);
}

Timeline finished(const std::vector<std::string>& lines, double at = 10,
                  Timeline::Limits limits = Timeline::Limits()) {
  Timeline timeline(kBegin, limits);
  for (const std::string& line : lines) timeline.take(line);
  timeline.finish(kBegin + at);
  return timeline;
}

std::string trace_text(const Timeline& timeline) {
  std::string text;
  write_trace(timeline, [&text](std::string_view piece) { text += piece; });
  return text;
}

std::string picture_of(const Timeline& timeline) {
  std::string text;
  write_picture(timeline, [&text](std::string_view piece) { text += piece; });
  return text;
}

/// The trace's events of one phase.
std::vector<Json> events_of(const Timeline& timeline, const std::string& phase) {
  const Json trace = Json::parse(trace_text(timeline));
  std::vector<Json> found;
  for (const Json& one : trace.at("traceEvents")) {
    if (one.at("ph") == phase) found.push_back(one);
  }
  return found;
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("A run is from its start to its end, in the row of its identity") {
  const auto timeline =
      finished({event("apply", 1, 7), event("execute", 1, 7), event("apply", 2, 7),
                event("reduce", 2, 7, R"(, "callers": 2)"), end("result", 4, 7, 0, 3)});
  REQUIRE(timeline.runs().size() == 1);
  const auto& run = timeline.runs()[0];
  CHECK(run.id == 7);
  CHECK(run.begin == 1'000'000);
  CHECK(run.end == 4'000'000);
  CHECK(run.how == Timeline::End::ok);
  CHECK(run.ending == "exit 0");
  CHECK(timeline.rows().at(0).command == "make");
  REQUIRE(timeline.marks().size() == 1);
  CHECK(timeline.marks()[0].kind == Timeline::Kind::join);
  CHECK(timeline.marks()[0].at == 2'000'000);
  CHECK(timeline.totals().calls == 2);
  CHECK(timeline.totals().executed == 1);
  CHECK(timeline.totals().joined == 1);
  CHECK(timeline.totals().saved == 3);
}

TEST_CASE("A run that was in flight at the beginning begins with it, its age beside") {
  const auto timeline =
      finished({event("running", 0.5, 1, R"(, "started": true, "age_seconds": 60, "callers": 3)")});
  const auto& run = timeline.runs().at(0);
  CHECK(run.begin == 0);
  CHECK(run.end == 10'000'000);
  CHECK(run.how == Timeline::End::in_flight);
  CHECK(std::abs(run.earlier_age - 59.5) < 1e-6);
  CHECK(run.callers == 3);
  const auto slices = events_of(timeline, "X");
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].at("ts") == 0);
  CHECK(slices[0].at("dur") == 10'000'000);
  CHECK(slices[0].at("args").at("end") == "in flight");
}

TEST_CASE("Runs of one identity that overlap are in lanes of their own") {
  const auto timeline =
      finished({event("execute", 1, 1), event("execute", 2, 2), end("result", 3, 1, 0, 2),
                event("execute", 3, 3), end("error", 5, 2, 1, 3), end("result", 6, 3, 0, 3)});
  CHECK(timeline.rows().size() == 1);
  CHECK(timeline.rows()[0].lanes == 2);
  CHECK(timeline.runs()[0].lane == 0);
  CHECK(timeline.runs()[1].lane == 1);
  CHECK(timeline.runs()[2].lane == 0);
  CHECK(timeline.totals().errors == 1);
  const auto slices = events_of(timeline, "X");
  CHECK(slices.at(0).at("tid") == slices.at(2).at("tid"));
  CHECK(slices.at(0).at("tid") != slices.at(1).at("tid"));
}

TEST_CASE("A call that joins in the queue has a flow to the run that it got") {
  const auto timeline = finished(
      {event("execute", 1, 1), event("apply", 2, 2), event("apply", 3, 2), event("reduce", 3, 2),
       end("result", 4, 1, 0, 3), event("execute", 4, 2), end("result", 5, 2, 0, 1)});
  REQUIRE(events_of(timeline, "s").size() == 1);
  REQUIRE(events_of(timeline, "f").size() == 1);
  CHECK(events_of(timeline, "s")[0].at("ts") == 3'000'000);
  CHECK(events_of(timeline, "f")[0].at("ts") == 4'000'000);
}

TEST_CASE("Runs that ended in the queue are marks, and no runs") {
  const auto timeline =
      finished({event("apply", 1, 1), event("cancel", 2, 1), event("apply", 3, 2)});
  CHECK(events_of(timeline, "X").empty());
  CHECK(timeline.marks().at(0).kind == Timeline::Kind::cancel);
  CHECK(timeline.marks().at(1).kind == Timeline::Kind::queue);
  CHECK(timeline.marks().at(1).at == 3'000'000);
}

TEST_CASE("Where events were dropped, an end alone tells of its run") {
  const auto timeline =
      finished({R"({"event": "dropped", "time": 1002, "count": 12})", end("error", 4, 9, 3, 1.5)});
  CHECK(timeline.totals().dropped == 12);
  REQUIRE(timeline.runs().size() == 1);
  CHECK(timeline.runs()[0].begin == 2'500'000);
  CHECK(timeline.runs()[0].ending == "exit 3");
  CHECK(events_of(timeline, "i").at(0).at("name") == "dropped");
}

TEST_CASE("Lines that are no events change nothing") {
  const std::string line = GENERATE(
      "", "{", "[]", "null", "{}", R"({"event": "execute"})", R"({"event": 5, "time": 1})",
      R"({"event": "execute", "time": "now", "id": 1})", R"({"event": "execute", "time": 1001})",
      R"({"event": "execute", "time": 1001, "id": -1})",
      R"({"event": "execute", "time": 1001, "id": "1"})",
      R"({"event": "boil", "time": 1, "id": 1})", R"({"event": "execute", "time": 1e999, "id": 1})",
      "{\"event\": \"execute\xff\"}");
  const auto timeline = finished({line});
  CHECK(timeline.runs().empty());
  CHECK(timeline.rows().empty());
  CHECK(timeline.marks().empty());
  CHECK(timeline.totals().executed == 0);
}

TEST_CASE("Members of a wrong kind and times out of order do no harm") {
  const auto timeline = finished(
      {R"({"event": "execute", "time": 1e300, "id": 1, "argv": {"a": 1}, "cwd": [], "identity": 7})",
       R"({"event": "result", "time": -1e300, "id": 1, "end": 1, "code": [], "callers": -1,
           "duration_seconds": "x", "output_bytes": 1.5})",
       R"({"event": "result", "time": 1001, "id": 1, "end": "exit", "code": 1e300})",
       R"({"event": "running", "time": 1001, "id": 2, "age_seconds": 1e300, "started": 3})",
       R"({"event": "reduce", "time": 1002, "id": 3, "argv": [1, null, "a"], "age_seconds": -5})",
       R"({"event": "execute", "time": 1002, "id": 18446744073709551615, "argv": []})"});
  for (const auto& run : timeline.runs()) {
    if (!run.begin) continue;
    CHECK(*run.begin >= 0);
    CHECK(run.end > *run.begin);
    CHECK(run.end <= timeline.end());
  }
  CHECK(Json::accept(trace_text(timeline)));
  CHECK(picture_of(timeline).ends_with("</svg>\n"));
}

TEST_CASE("What there is no room for is counted") {
  const auto timeline =
      finished({event("execute", 1, 1), event("reduce", 2, 1), event("reduce", 2, 1),
                event("execute", 1, 2), end("error", 2, 2, 1, 1), event("execute", 3, 3)},
               10, {1, 1, 1});
  CHECK(timeline.runs().size() == 1);
  CHECK(timeline.marks().size() == 1);
  CHECK(timeline.totals().executed == 3);
  CHECK(timeline.totals().joined == 2);
  CHECK(timeline.totals().errors == 1);
  CHECK(timeline.totals().not_kept == 3);
  CHECK(Json::parse(trace_text(timeline)).at("otherData").at("not_kept") == 3);
}

TEST_CASE("A command of any characters is sound in JSON and XML") {
  const std::string words = R"(<a href='x'>&amp;\"]]>\u0000\u001b[2J\u202e\u65e5\ud83d\ude80)";
  const auto timeline =
      finished({event("execute", 1, 1, {}, words), end("result", 2, 1, 0, 1, words)});
  const Json trace = Json::parse(trace_text(timeline));
  const std::string text = picture_of(timeline);
  CHECK(text.find("<a href") == std::string::npos);
  CHECK(text.find("]]>") == std::string::npos);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\0') == std::string::npos);
  CHECK(text.find("&lt;a href=") != std::string::npos);
  CHECK(text.find("\u65e5") != std::string::npos);
}

TEST_CASE("A picture has a bar for each run, a tick for each join, and the totals") {
  const auto timeline = finished(
      {event("apply", 1, 1), event("execute", 1, 1), event("apply", 2, 1), event("reduce", 2, 1),
       end("result", 4, 1, 0, 3), event("apply", 5, 2, {}, "b"), event("execute", 5, 2, {}, "b"),
       end("error", 6, 2, 1, 1, "b"), event("execute", 7, 3, {}, "c")});
  const std::string text = picture_of(timeline);
  CHECK(count(text, "class=\"run ") == 3);
  CHECK(count(text, "class=\"run ok\"") == 1);
  CHECK(count(text, "class=\"run failed\"") == 1);
  CHECK(count(text, "class=\"run in-flight\"") == 1);
  CHECK(count(text, "class=\"tick ") == 1);
  CHECK(text.find("3 calls, 3 runs, 1 shared") != std::string::npos);
  CHECK(count(text, "<title>") == count(text, "</title>"));
  CHECK(picture_of(finished({})).find("nothing happened") != std::string::npos);
}

TEST_CASE("A picture of very many rows and lanes is cut, and says so") {
  std::vector<std::string> lines;
  for (int n = 0; n < 300; ++n) lines.push_back(event("execute", 1, n, {}, std::to_string(n)));
  std::string text = picture_of(finished(lines));
  CHECK(count(text, "class=\"run ") == 200);
  CHECK(text.find("100 more commands not shown") != std::string::npos);
  lines.clear();
  for (int n = 0; n < 300; ++n) lines.push_back(event("execute", 1, n));
  text = picture_of(finished(lines));
  CHECK(count(text, "class=\"run ") == 200);
  CHECK(text.find("100 more runs and joins not shown") != std::string::npos);
}
