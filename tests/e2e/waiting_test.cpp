// The line that a caller on a terminal sees while it waits for another's run.

#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"
#include "support/e2e/terminal.hpp"

using namespace e2e;

namespace {

const std::string kErase = "\r\033[K";

Words gated(const Sandbox& box) {
  return box.puppet({"wait-for", box.path("gate"), "out", "x\n", "exit", "3"});
}

/// A call whose stderr is the terminal.
Started start_on(const Terminal& terminal, const Sandbox& box, const Words& words) {
  Spawn call = box.call(words);
  call.err = terminal.target();
  return Started(call);
}

void await_line(Terminal& terminal) {
  REQUIRE(eventually([&] { return !terminal.screen().empty(); }));
}

/// Nothing but one line that says how the call has ended.
bool is_last_word(const std::string& screen) {
  return is_own_line(screen) && screen.find("callers") == std::string::npos;
}

std::string id_of_run(const Sandbox& box) {
  return std::to_string(box.list().at("runs").at(0).at("id").get<int>());
}

}  // namespace

TEST_CASE("Who waits for another's run sees whose, how old, how many callers, until it speaks") {
  Sandbox box;
  Started first = box.start(gated(box));
  box.await_callers(1);
  Terminal terminal;
  Started joined = start_on(terminal, box, gated(box));
  await_line(terminal);
  const std::string line = terminal.screen();
  INFO(line);
  CHECK(line.starts_with("reduce-run: "));
  CHECK(line.find("run " + id_of_run(box)) != std::string::npos);
  CHECK(line.find("s old") != std::string::npos);
  CHECK(line.find("2 callers") != std::string::npos);
  CHECK(std::ranges::count(terminal.text(), '\n') == 0);
  CHECK(joined.out().empty());
  box.touch("gate");
  CHECK(joined.finish() == exited(3, "x\n"));
  CHECK(terminal.screen().empty());
  CHECK(terminal.text().ends_with(kErase));
  CHECK(first.finish() == exited(3, "x\n"));
}

TEST_CASE("The line goes before output to the same terminal") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "one\n", "err", "two\n",
                                    "wait-for", box.path("end"), "out", "three\n"});
  Started first = box.start(command);
  box.await_callers(1);
  Terminal terminal;
  Spawn call = box.call(command);
  call.out = call.err = terminal.target();
  Started joined(call);
  await_line(terminal);
  box.touch("gate");
  CHECK(eventually([&] { return terminal.screen() == "one\ntwo\n"; }));
  CHECK(terminal.text().ends_with(kErase + "one\ntwo\n"));
  box.touch("end");
  CHECK(joined.finish() == exited(0));
  CHECK(terminal.screen() == "one\ntwo\nthree\n");
  CHECK(first.finish() == exited(0, "one\nthree\n", "two\n"));
}

TEST_CASE("The line goes at an end without output") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "exit", "4"});
  Started first = box.start(command);
  box.await_callers(1);
  Terminal terminal;
  Started joined = start_on(terminal, box, command);
  await_line(terminal);
  SECTION("the command's") {
    box.touch("gate");
    CHECK(joined.finish() == exited(4));
    CHECK(terminal.screen().empty());
  }
  SECTION("by a signal to the caller") {
    joined.signal(SIGINT);
    CHECK(joined.finish() == signaled(SIGINT));
    CHECK(terminal.screen().empty());
  }
  SECTION("of the daemon") {
    REQUIRE(::kill(*box.daemon_pid(), SIGKILL) == 0);
    CHECK(joined.finish() == exited(125));
    CHECK(is_last_word(terminal.screen()));
    CHECK(first.finish().code == 125);
  }
}

TEST_CASE("The line goes when the caller has waited long enough") {
  Sandbox box;
  Started first = box.start(gated(box));
  box.await_callers(1);
  Terminal terminal;
  // Far more than the second after which the line comes.
  Started joined = start_on(terminal, box, with({"--wait-timeout", "4s"}, gated(box)));
  await_line(terminal);
  CHECK(joined.finish() == exited(75));
  CHECK(is_last_word(terminal.screen()));
  box.touch("gate");
  CHECK(first.finish() == exited(3, "x\n"));
}

TEST_CASE("A caller whose terminal is stopped can be ended while its line cannot be shown") {
  Sandbox box;
  Started first = box.start(gated(box));
  box.await_callers(1);
  Terminal stopped, other;
  stopped.stop();
  Started joined = start_on(stopped, box, gated(box));
  box.await_callers(2);
  // Its line is due before that of one that came later.
  Started last = start_on(other, box, gated(box));
  await_line(other);
  joined.signal(SIGINT);
  CHECK(joined.finish() == signaled(SIGINT));
  box.touch("gate");
  CHECK(last.finish() == exited(3, "x\n"));
  CHECK(first.finish() == exited(3, "x\n"));
}

/// Each of them has waited for longer than one that came later and sees the line.
TEST_CASE("No line for who started the run, has had output, wants quiet or is on no terminal") {
  Sandbox box;
  const Words command = box.puppet({"wait-for", box.path("gate"), "out", "x\n"});
  const Words talker =
      box.puppet({"out", "so far\n", "wait-for", box.path("gate"), "err", "x\n", "exit", "5"});
  Terminal of_starter, of_quiet, of_short, of_alone, of_listener, of_last;
  Started starter = start_on(of_starter, box, command);
  box.await_callers(1);
  Started quiet = start_on(of_quiet, box, with({"--quiet"}, command));
  Started abbreviated = start_on(of_short, box, with({"-q"}, command));
  Started alone = start_on(of_alone, box, with({"--no-join"}, command));
  Spawn with_output_on_terminal = box.call(command);
  Terminal of_output;
  with_output_on_terminal.out = of_output.target();
  Started piped(with_output_on_terminal);
  Started speaking = box.start(talker);
  REQUIRE(eventually([&] { return speaking.out() == "so far\n"; }));
  Started listener = start_on(of_listener, box, talker);
  REQUIRE(eventually([&] { return listener.out() == "so far\n"; }));
  box.await_callers(7);
  Started last = start_on(of_last, box, command);
  await_line(of_last);
  box.touch("gate");
  for (Started* caller : {&starter, &quiet, &abbreviated, &alone, &last}) {
    CHECK(caller->finish() == exited(0, "x\n"));
  }
  CHECK(piped.finish() == exited(0));
  CHECK(of_output.text() == "x\n");
  CHECK(listener.finish() == exited(5, "so far\n"));
  for (Terminal* terminal : {&of_starter, &of_quiet, &of_short, &of_alone}) {
    CHECK(terminal->text().empty());
  }
  CHECK(of_listener.text() == "x\n");
}
