// Recordings of what happens: as a trace, and as a picture.

#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using nlohmann::json;

namespace {

Started start_recording(const Sandbox& box, const Words& words) {
  Started recorder = box.start(words);
  REQUIRE(eventually([&] { return recorder.err().find("recording") != std::string::npos; }));
  return recorder;
}

/// Ten equal calls, ten more of the same later, and ten different ones, of which nine fail.
void make_calls(const Sandbox& box) {
  const Words equal = box.puppet({"wait-for", box.path("gate")});
  for (int round = 0; round < 2; ++round) {
    std::vector<Started> callers;
    for (int n = 0; n < 10; ++n) callers.push_back(box.start(equal));
    box.await_callers(10);
    box.touch("gate");
    for (Started& caller : callers) CHECK(caller.finish() == exited(0));
    REQUIRE(::unlink(box.path("gate").c_str()) == 0);
  }
  for (int n = 0; n < 10; ++n) {
    CHECK(box.run(box.puppet({"out", "<&\"'>", "exit", std::to_string(n)})).code == n);
  }
  CHECK(box.stats().at("executed") == 12);
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

std::vector<json> events_of(const json& trace, const std::string& phase) {
  std::vector<json> found;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == phase) found.push_back(event);
  }
  return found;
}

/// Each element is closed where it must be, and text holds no bare `<` or `&`.
bool is_well_formed(const std::string& xml) {
  Words open;
  for (std::size_t at = 0; at < xml.size(); ++at) {
    if (xml[at] == '&') {
      const auto end = xml.find(';', at);
      if (end == std::string::npos || end - at > 6) return false;
    }
    if (xml[at] != '<') continue;
    const auto end = xml.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string::npos || count(tag, "\"") % 2 != 0) return false;
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end;
  }
  return open.empty();
}

}  // namespace

TEST_CASE("A trace has a slice for each run and an instant for each join") {
  Sandbox box;
  box.start_daemon();
  Started recorder = start_recording(box, {"--trace", box.path("trace.json")});
  make_calls(box);
  CHECK_FALSE(box.exists("trace.json"));
  recorder.signal(SIGINT);
  CHECK(recorder.finish().code == 0);
  const json trace = json::parse(box.read("trace.json"));
  const auto slices = events_of(trace, "X");
  CHECK(slices.size() == 12);
  std::size_t errors = 0;
  for (const json& slice : slices) {
    CHECK(slice.at("ts") >= 0);
    CHECK(slice.at("dur") > 0);
    errors += slice.at("args").at("end") == "error";
  }
  CHECK(errors == 9);
  CHECK(slices.at(0).at("args").at("callers") == 10);
  CHECK(slices.at(0).at("args").at("exit") == "exit 0");
  CHECK(slices.at(0).at("tid") == slices.at(1).at("tid"));
  CHECK(slices.at(11).at("args").at("exit") == "exit 9");
  std::size_t joins = 0;
  for (const json& instant : events_of(trace, "i")) joins += instant.at("name") == "join";
  CHECK(joins == 18);
  const json& summary = trace.at("otherData");
  CHECK(summary.at("calls") == 30);
  CHECK(summary.at("executed") == 12);
  CHECK(summary.at("reduced") == 18);
  CHECK(summary.at("errors") == 9);
  CHECK(summary.at("events_dropped") == 0);
}

TEST_CASE("A timeline has a bar for each run and a tick for each join") {
  Sandbox box;
  box.start_daemon();
  Started recorder = start_recording(box, {"--timeline=" + box.path("picture.svg")});
  make_calls(box);
  recorder.signal(SIGTERM);
  CHECK(recorder.finish().code == 0);
  const std::string picture = box.read("picture.svg");
  CHECK(is_well_formed(picture));
  CHECK(count(picture, "class=\"run ") == 12);
  CHECK(count(picture, "class=\"run failed\"") == 9);
  CHECK(count(picture, "class=\"tick ") == 18);
  CHECK(picture.find("30 calls, 12 runs, 18 shared") != std::string::npos);
}

TEST_CASE("A recording ends with its time; runs in flight before and after are in it") {
  Sandbox box;
  Started caller = box.start(box.puppet({"wait-for", box.path("gate")}));
  box.await_callers(1);
  const Result recorded = box.run({"--trace", box.path("trace.json"), "200ms"});
  CHECK(recorded.code == 0);
  CHECK(recorded.out.empty());
  const json trace = json::parse(box.read("trace.json"));
  const auto slices = events_of(trace, "X");
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].at("ts") == 0);
  CHECK(slices[0].at("dur") >= 200'000);
  CHECK(slices[0].at("args").at("end") == "in flight");
  CHECK(slices[0].at("args").at("age_at_start_seconds") > 0.0);
  box.touch("gate");
  CHECK(caller.finish() == exited(0));
}

TEST_CASE("A recording ends with the daemon, and is written") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started recorder = start_recording(box, {"--trace", box.path("trace.json"), "1h"});
  CHECK(box.run({"true"}) == exited(0));
  daemon.signal(SIGTERM);
  CHECK(recorder.finish().code == 0);
  CHECK(events_of(json::parse(box.read("trace.json")), "X").size() == 1);
}

TEST_CASE("A recording is written whole or not at all") {
  Sandbox box;
  box.start_daemon();
  box.write("trace.json", "before");
  Started recorder = start_recording(box, {"--trace", box.path("trace.json")});
  CHECK(box.read("trace.json") == "before");
  recorder.signal(SIGQUIT);
  CHECK(recorder.finish().signal == SIGQUIT);
  CHECK(box.read("trace.json") == "before");
  const Result refused = box.run({"--trace", box.path("no/trace.json"), "0s"});
  CHECK(refused.code == 125);
  CHECK(is_own_line(refused.err));
  // Nothing else is left beside it.
  CHECK(box.run({"-c", "ls | grep -c trace"}).out == "1\n");
}

TEST_CASE("A recording that is asked for wrongly is refused") {
  Sandbox box;
  const std::string file = box.path("trace.json");
  const Words words = GENERATE_COPY(
      Words{"--trace"}, Words{"--trace="}, Words{"--trace", file, "soon"},
      Words{"--trace", file, "-1s"}, Words{"--trace", file, "1s", "true"},
      Words{"--trace", file, "--timeline", file}, Words{"--timeline", file, "--list"},
      Words{"--trace", file, "-c", "true"}, Words{"--trace", file, "--json"}, Words{"--top", "1s"},
      Words{"--top", "--json"}, Words{"--trace", file}, Words{"--timeline", file, "1s"});
  const Result refused = box.run(words);
  INFO(refused);
  CHECK(refused.code == 125);
  CHECK(is_own_line(refused.err));
  CHECK(box.daemons().empty());
  CHECK_FALSE(box.exists("trace.json"));
}

TEST_CASE("A recording shows no values of the environment") {
  Sandbox box;
  box.start_daemon();
  Started recorder = start_recording(box, {"--trace", box.path("trace.json")});
  Spawn call = box.call(box.puppet({"print-env", "TOKEN"}));
  call.set("TOKEN", "of-great-secrecy");
  CHECK(Started(call).finish() == exited(0, "of-great-secrecy\n"));
  CHECK(box.stats().at("executed") == 1);
  recorder.signal(SIGINT);
  CHECK(recorder.finish().code == 0);
  const std::string text = box.read("trace.json");
  CHECK(events_of(json::parse(text), "X").size() == 1);
  CHECK(text.find("of-great-secrecy") == std::string::npos);
}
