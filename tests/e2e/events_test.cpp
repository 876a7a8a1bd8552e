// `--events`: what happens, line by line, for as long as somebody looks on.

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "support/catch.hpp"
#include "support/e2e/events.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate")});
}

void await_event(Started& reader, const std::string& name, std::size_t count = 1) {
  INFO("awaited: " << name);
  REQUIRE(eventually([&] { return count_events(reader.out(), name) >= count; }));
}

/// A reader that looks on for sure. What showed that, a run of its own, has ended.
Started start_reader(const Sandbox& box) {
  Started first = box.start(box.puppet({"wait-for", box.path("first")}));
  box.await_callers(1);
  Started reader = box.start({"--events"});
  await_event(reader, "running");
  box.touch("first");
  CHECK(first.finish() == exited(0));
  await_event(reader, "result");
  return reader;
}

}  // namespace

TEST_CASE("Events begin with what is in flight, each with command, directory, id and time") {
  Sandbox box;
  const Words command = gated(box);
  Started caller = box.start(command);
  box.await_callers(1);
  const auto run = box.list().at("runs").at(0);
  Started reader = box.start({"--events"});
  await_event(reader, "running");
  box.touch("gate");
  CHECK(caller.finish() == exited(0));
  await_event(reader, "result");
  const Events events = events_in(reader.out());
  REQUIRE(events.size() == 2);
  CHECK(events[0].at("event") == "running");
  CHECK(events[0].at("pid") == run.at("pid"));
  CHECK(events[0].at("callers") == 1);
  CHECK(events[1].at("event") == "result");
  CHECK(events[1].at("code") == 0);
  for (const auto& event : events) {
    CHECK(event.at("id") == run.at("id"));
    CHECK(event.at("argv") == nlohmann::json(command));
    CHECK(event.at("cwd") == box.folder());
    CHECK(event.at("time").is_number());
  }
  CHECK(events[0].at("identity") == events[1].at("identity"));
}

TEST_CASE("A call is told from its coming to its end") {
  Sandbox box;
  Started reader = start_reader(box);
  const std::size_t seen = reader.out().size();
  CHECK(box.run({"false"}) == exited(1));
  await_event(reader, "error");
  Words names;
  for (const auto& event : events_in(reader.out().substr(seen))) names.push_back(event.at("event"));
  CHECK(names == Words{"apply", "execute", "error"});
}

TEST_CASE("Calls that leave, lose patience or are sent away are told") {
  Sandbox box;
  box.start_daemon({"--max-runs", "1"});
  Started reader = start_reader(box);
  Started first = box.start(gated(box));
  box.await_callers(1);
  // The time may be over before the daemon has heard of a call.
  REQUIRE(eventually([&] {
    CHECK(box.run(with({"--wait-timeout", "50ms"}, gated(box))).code == 75);
    return count_events(reader.out(), "wait-timeout") > 0;
  }));
  await_event(reader, "leave");
  CHECK(box.run({"true"}).code == 0);
  await_event(reader, "direct");
  const auto direct = events_in(reader.out()).back();
  CHECK(direct.at("id").is_null());
  CHECK(direct.at("argv") == nlohmann::json{"true"});
  CHECK(direct.at("cwd") == box.folder());
  box.touch("gate");
  CHECK(first.finish() == exited(0));
}

TEST_CASE("A reader ends by the signal that interrupts it") {
  Sandbox box;
  const int number = GENERATE(SIGINT, SIGTERM);
  Started reader = start_reader(box);
  reader.signal(number);
  CHECK(reader.finish().signal == number);
  CHECK(box.run({"true"}) == exited(0));
}

TEST_CASE("A reader ends with 0 when the daemon does") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started reader = start_reader(box);
  daemon.signal(SIGTERM);
  const Result ended = reader.finish();
  CHECK(ended.code == 0);
  CHECK(ended.err.empty());
  daemon.finish();
}

TEST_CASE("A reader that has not had all at the daemon's end says so") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started reader = start_reader(box);
  const bool killed = GENERATE(true, false);
  if (killed) {
    daemon.signal(SIGKILL);
    daemon.finish();
  } else {
    reader.signal(SIGSTOP);
    // More than its connection holds.
    for (int n = 0; n < 10; ++n) CHECK(box.run({"true", std::string(100'000, 'x')}) == exited(0));
    daemon.signal(SIGTERM);
    CHECK(daemon.finish() == exited(0));
    reader.signal(SIGCONT);
  }
  const Result ended = reader.finish();
  CHECK(ended.code == 125);
  CHECK(is_own_line(ended.err));
}

TEST_CASE("Readers alone do not keep a daemon") {
  Sandbox box;
  const bool idle = GENERATE(true, false);
  // An idle daemon might be gone before the first call comes, if it were less.
  Started& daemon = idle ? box.start_daemon({"--idle-exit", "2s"}) : box.start_daemon();
  Started first = box.start(gated(box));
  box.await_callers(1);
  Started reader = box.start({"--events"});
  Started other = box.start({"--events"});
  await_event(reader, "running");
  await_event(other, "running");
  box.touch("gate");
  CHECK(first.finish() == exited(0));
  if (!idle) CHECK(box.run({"--stop"}) == exited(0));
  CHECK(daemon.finish() == exited(0));
  for (Started* each : {&reader, &other}) {
    const Result ended = each->finish();
    CHECK(ended.code == 0);
    CHECK(count_events(ended.out, "result") == 1);
  }
}

TEST_CASE("A reader sees the ends of the runs that a daemon lets end") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started reader = start_reader(box);
  Started caller = box.start(gated(box));
  box.await_callers(1);
  CHECK(box.run({"--stop"}) == exited(0));
  box.touch("gate");
  CHECK(caller.finish() == exited(0));
  CHECK(daemon.finish() == exited(0));
  const Result ended = reader.finish();
  CHECK(ended.code == 0);
  CHECK(count_events(ended.out, "result") == 2);
}

TEST_CASE("Without a daemon there are no events, and none is started") {
  Sandbox box;
  const Result refused = box.run({"--events"});
  CHECK(refused.code == 125);
  CHECK(is_own_line(refused.err));
  CHECK(box.daemons().empty());
}

TEST_CASE("A stopped reader delays nothing, and hears how many events it lost") {
  Sandbox box;
  box.start_daemon();
  Started reader = start_reader(box);
  const std::size_t before = events_in(reader.out()).size();
  reader.signal(SIGSTOP);
  const std::string large(60'000, 'x');
  constexpr std::size_t calls = 60;
  for (std::size_t n = 0; n < calls; ++n) CHECK(box.run({"true", large}) == exited(0));
  reader.signal(SIGCONT);
  await_event(reader, "dropped");
  CHECK(box.run({"false"}) == exited(1));
  await_event(reader, "error");
  std::size_t told = 0, dropped = 0;
  const Events events = events_in(reader.out());
  for (const auto& event : events) {
    const bool is_note = event.at("event") == "dropped";
    told += !is_note;
    if (is_note) dropped += event.at("count").get<std::size_t>();
  }
  CHECK(dropped > 0);
  CHECK(told - before + dropped == 3 * calls + 3);
  CHECK(box.stats().at("total") == 1 + calls + 1);
}

TEST_CASE("A call whose events are too large for any reader costs it those alone") {
  Sandbox box;
  box.start_daemon();
  Started reader = start_reader(box);
  // Each word is within the kernel's limit, together they are more than a reader's share.
  const Words words = with({"true"}, Words(12, std::string(100'000, 'x')));
  CHECK(box.run(words) == exited(0));
  CHECK(box.run({"false"}) == exited(1));
  await_event(reader, "error");
  std::size_t dropped = 0;
  for (const auto& event : events_in(reader.out())) {
    if (event.at("event") == "dropped") dropped += event.at("count").get<std::size_t>();
  }
  CHECK(dropped == 3);
}

TEST_CASE("A daemon survives readers that hang up before they are told anything") {
  Sandbox box;
  Started& daemon = box.start_daemon();
  Started caller = box.start(gated(box));
  box.await_callers(1);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, box.socket().c_str(), sizeof address.sun_path - 1);
  // The daemon finds the question and the end of it at once.
  daemon.signal(SIGSTOP);
  for (int n = 0; n < 20; ++n) {
    const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    constexpr std::string_view question("\x01\0\0\0\x04\x01\0\0\x06", 9);
    REQUIRE(::send(client.get(), question.data(), question.size(), MSG_NOSIGNAL) == 9);
  }
  daemon.signal(SIGCONT);
  for (int n = 0; n < 5; ++n) CHECK(box.run({"true"}) == exited(0));
  box.touch("gate");
  CHECK(caller.finish() == exited(0));
  CHECK(daemon.is_running());
  CHECK(box.stats().at("total") == 6);
}
