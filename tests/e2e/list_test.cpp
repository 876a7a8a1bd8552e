// How runs are listed.

#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"
#include "support/e2e/terminal.hpp"

using namespace e2e;

namespace {

/// One run that is being stopped, one in flight and one that waits for it.
struct Busy {
  explicit Busy(const Sandbox& box) : command(gated(box, "running")) {
    callers.push_back(box.start(with({"--kill-after=1h"}, gated(box, "stopping"))));
    box.await_file("stopping");
    callers.back().signal(SIGKILL);
    box.await_callers(0);
    callers.push_back(box.start(command));
    box.await_file("running");
    for (int n = 0; n < 2; ++n) callers.push_back(box.start(with({"--fresh"}, command)));
    box.await_callers(3);
  }

  static Words gated(const Sandbox& box, const std::string& ready) {
    return box.puppet(
        {"ignore", "TERM", "touch", box.path(ready), "wait-for", box.path("gate"), "exit", "4"});
  }

  Words command;
  std::vector<Started> callers;
};

}  // namespace

TEST_CASE("The list for programs has the keys of the contract and no others") {
  Sandbox box;
  Busy busy(box);
  const auto list = box.list();
  CHECK(list.size() == 1);
  std::vector<std::string> states;
  for (const auto& run : list.at("runs")) {
    std::set<std::string> keys;
    for (const auto& [name, value] : run.items()) keys.insert(name);
    CHECK(keys == std::set<std::string>{"id", "argv", "cwd", "pid", "age_seconds", "callers",
                                        "output_bytes", "state"});
    CHECK(run.at("id").is_number_integer());
    CHECK(run.at("argv").is_array());
    CHECK(run.at("cwd").is_string());
    CHECK((run.at("pid").is_number_integer() || run.at("pid").is_null()));
    CHECK(run.at("age_seconds").is_number());
    CHECK(run.at("callers").is_number_integer());
    CHECK(run.at("output_bytes") == 0);
    states.push_back(run.at("state"));
  }
  CHECK(states == std::vector<std::string>{"stopping", "running", "queued"});
  CHECK(list.at("runs").at(0).at("callers") == 0);
  CHECK(list.at("runs").at(0).at("pid") == box.executed().at(0));
  CHECK(list.at("runs").at(1).at("callers") == 1);
  CHECK(list.at("runs").at(1).at("argv") == busy.command);
  CHECK(list.at("runs").at(2).at("callers") == 2);
  CHECK(list.at("runs").at(2).at("argv") == busy.command);
  CHECK(box.stats().at("running") == 3);
  box.touch("gate");
  for (std::size_t n = 1; n < busy.callers.size(); ++n) CHECK(busy.callers[n].finish().code == 4);
  CHECK(eventually([&] {
    return box.list() == nlohmann::json{{"runs", nlohmann::json::array()}};
  }));
}

TEST_CASE("The list on a terminal is a table: a head, and a line for each run") {
  Sandbox box;
  Busy busy(box);
  Terminal terminal;
  const auto list = box.list();
  Spawn call = box.call({"--list"});
  call.out = terminal.target();
  CHECK(Started(call).finish() == exited(0));
  std::istringstream lines(terminal.screen());
  std::string head, line;
  REQUIRE(std::getline(lines, head));
  for (const char* title : {"ID", "PID", "AGE", "CALLERS", "STATE", "COMMAND"}) {
    INFO(title);
    CHECK(head.find(title) != std::string::npos);
  }
  const std::size_t column = head.find("COMMAND");
  INFO(terminal.screen());
  for (const auto& run : list.at("runs")) {
    REQUIRE(std::getline(lines, line));
    INFO(line);
    CHECK(line.find(std::to_string(run.at("id").get<int>())) < line.find("s "));
    CHECK(line.find(run.at("state").get<std::string>()) == head.find("STATE"));
    CHECK(line.find(run.at("argv").at(0).get<std::string>()) == column);
  }
  CHECK_FALSE(std::getline(lines, line));
  box.touch("gate");
  for (std::size_t n = 1; n < busy.callers.size(); ++n) CHECK(busy.callers[n].finish().code == 4);
}

TEST_CASE("The run that is listed as queued can be killed, and the one before it goes on") {
  Sandbox box;
  Busy busy(box);
  const auto id = box.list().at("runs").at(2).at("id").get<int>();
  CHECK(box.run({"--kill", std::to_string(id)}) == exited(0));
  for (std::size_t n = 2; n < busy.callers.size(); ++n) {
    const Result ended = busy.callers[n].finish();
    CHECK(ended.code != 0);
    CHECK(ended.out.empty());
  }
  CHECK(box.list().at("runs").size() == 2);
  CHECK(busy.callers[1].is_running());
  box.touch("gate");
  CHECK(busy.callers[1].finish().code == 4);
  CHECK(box.run(busy.command).code == 4);
}
