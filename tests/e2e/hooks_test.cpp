// `reduced --hook` and `--debug`: what looks on is told of all, and can delay nothing.

#include <fcntl.h>
#include <unistd.h>

#include <regex>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/events.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

Words hook(const std::string& line) {
  return {"--hook", line};
}

/// Twenty calls, each with so many bytes of arguments.
void check_twenty_calls(const Sandbox& box, std::size_t size = 1) {
  for (int n = 0; n < 20; ++n) {
    CHECK(box.run({"echo", std::to_string(n), std::string(size, 'x')}) ==
          exited(0, std::to_string(n) + " " + std::string(size, 'x') + "\n"));
  }
}

Words lines_in(const std::string& text) {
  Words lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void check_ends(Started& daemon) {
  daemon.signal(SIGTERM);
  CHECK(daemon.finish_process().code == 0);
}

}  // namespace

TEST_CASE("A hook program gets every event, whole, before the daemon ends") {
  Sandbox box;
  // What it does at end-of-file is waited for.
  Started& daemon =
      box.start_daemon(hook("cat >" + box.path("lines") + "; touch " + box.path("finished")));
  check_twenty_calls(box, 20'000);
  CHECK(box.run({"--stop"}) == exited(0));
  CHECK(daemon.finish() == exited(0));
  CHECK(box.exists("finished"));
  const Events events = events_in(box.read("lines"));
  CHECK(count_events(events, "apply") == 20);
  CHECK(count_events(events, "execute") == 20);
  CHECK(count_events(events, "result") == 20);
  CHECK(events.size() == 60);
}

TEST_CASE("Hook programs are each fed for themselves") {
  Sandbox box;
  Started& daemon = box.start_daemon({"--hook", "cat >" + box.path("one"), "--hook",
                                      "exec cat >" + box.path("other") + " && false"});
  CHECK(box.run({"false"}) == exited(1));
  check_ends(daemon);
  CHECK_FALSE(box.read("one").empty());
  CHECK(box.read("one") == box.read("other"));
}

TEST_CASE("Calls work beside hooks that hang, fail, are missing or do not listen") {
  Sandbox box;
  const std::string starts = box.path("starts");
  Started& daemon = box.start_daemon(
      {"--hook", "exec sleep 1000", "--hook", "echo x >>" + starts + "; exit 1", "--hook",
       "/nowhere/at/all", "--hook", "exec <&-; touch " + box.path("deaf") + "; exec sleep 1000",
       "--hook", "kill -KILL $$", "--hook", "cat >" + box.path("lines")});
  box.await_file("deaf");
  // More than a pipe and a queue hold.
  check_twenty_calls(box, 60'000);
  // One that fails is started again and again, less and less often.
  REQUIRE(eventually([&] { return lines_in(box.read("starts")).size() >= 3; }));
  check_twenty_calls(box);
  CHECK(lines_in(box.read("starts")).size() < 20);
  check_ends(daemon);
  CHECK(daemon.err().find("/nowhere/at/all") != std::string::npos);
  CHECK(count_events(box.read("lines"), "result") == 40);
}

TEST_CASE("A hook that is started again begins with a whole line") {
  Sandbox box;
  // It reads a part of what there is, far less than a line, and ends.
  const std::string got = box.path("got");
  Started& daemon = box.start_daemon(
      hook("head -c 100 >" + box.path("new") + "; mv " + box.path("new") + " " + box.path("part") +
           "; IFS= read -r line; IFS= read -r line; " + "printf '%s\\n' \"$line\" >>" + got));
  for (int round = 1; round <= 3; ++round) {
    check_twenty_calls(box, 30'000);
    REQUIRE(eventually(
        [&] { return lines_in(box.read("got")).size() >= static_cast<std::size_t>(round); }));
    CHECK(box.read("part").starts_with("{\"event\":"));
  }
  check_ends(daemon);
  for (const std::string& line : lines_in(box.read("got"))) {
    if (!line.empty()) CHECK(nlohmann::json::parse(line, nullptr, false).is_object());
  }
}

TEST_CASE("A hook that lost lines hears how many") {
  Sandbox box;
  Started& daemon = box.start_daemon(hook("until [ -e " + box.path("gate") +
                                          " ]; do sleep 0.01; done; cat >" + box.path("lines")));
  constexpr std::size_t calls = 60;
  for (std::size_t n = 0; n < calls; ++n) {
    CHECK(box.run({"true", std::string(60'000, 'x')}) == exited(0));
  }
  box.touch("gate");
  REQUIRE(eventually([&] { return count_events(box.read("lines"), "dropped") > 0; }));
  check_ends(daemon);
  std::size_t told = 0, dropped = 0;
  for (const auto& event : events_in(box.read("lines"))) {
    const bool is_note = event.at("event") == "dropped";
    told += !is_note;
    if (is_note) dropped += event.at("count").get<std::size_t>();
  }
  CHECK(dropped > 0);
  CHECK(told + dropped == 3 * calls);
}

TEST_CASE("Nothing is left of hooks when the daemon ends, whatever they ignore") {
  Sandbox box;
  const std::string line = GENERATE(
      "exec cat >/dev/null", "while :; do sleep 1; done", "sleep 1000 & exec cat >/dev/null",
      "exec sleep 1000", "sleep 1000 | sleep 1000 & wait", "sleep 1000 & cat >/dev/null; exit 3");
  const bool is_stubborn = GENERATE(true, false);
  INFO(line);
  const std::string ready = "touch " + box.path("ready") + "; ";
  Started& daemon = box.start_daemon(hook((is_stubborn ? "trap '' TERM; " : "") + ready + line));
  box.await_file("ready");
  check_twenty_calls(box);
  check_ends(daemon);
  // All that a daemon leaves behind comes to this process.
  CHECK(eventually(
      [] {
        for (const ProcessInfo& info : descendants()) {
          if (info.is_alive()) return false;
        }
        return true;
      },
      Milliseconds(10'000)));
}

TEST_CASE("Nothing is left of what a failing hook leaves behind each time") {
  Sandbox box;
  Started& daemon = box.start_daemon(
      hook("trap '' TERM; sleep 1000 & echo x >>" + box.path("starts") + "; exit 1"));
  REQUIRE(eventually([&] { return lines_in(box.read("starts")).size() >= 3; }));
  check_ends(daemon);
}

TEST_CASE("Hooks know nothing of the daemon's own descriptors") {
  Sandbox box;
  Started& daemon =
      box.start_daemon(hook("ls -l /proc/self/fd >" + box.path("fds") + "; mv " + box.path("fds") +
                            " " + box.path("seen") + "; exec cat >/dev/null"));
  box.await_file("seen");
  CHECK(box.read("seen").find("socket:") == std::string::npos);
  CHECK(box.read("seen").find("anon_inode") == std::string::npos);
  check_ends(daemon);
}
