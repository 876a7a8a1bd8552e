// What nobody who looks on may see.

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "support/catch.hpp"
#include "support/e2e/events.hpp"
#include "support/e2e/process_table.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;
using reduce::UniqueFd;

namespace {

/// All that a daemon tells of what it does, by where it tells it. `begin` brings runs in flight,
/// and `end` ends them.
template <class Begin, class End>
std::map<std::string, std::string> collect(Sandbox& box, Begin begin, End end) {
  Started& daemon = box.start_daemon(
      {"--debug=" + box.path("log"), "--hook", "cat >" + box.path("hook"), "--max-runs", "2"});
  Started first = box.start(box.puppet({"wait-for", box.path("first")}));
  box.await_callers(1);
  Started reader = box.start({"--events"});
  REQUIRE(eventually([&] { return count_events(reader.out(), "running") == 1; }));
  begin();
  std::map<std::string, std::string> told;
  Started late = box.start({"--events"});
  REQUIRE(eventually([&] { return count_events(late.out(), "running") == 2; }));
  for (const char* question : {"--list", "--stats", "--stats=detail"}) {
    told[question] = box.run({question}).out;
    told[std::string(question) + " --json"] = box.run({question, "--json"}).out;
  }
  told["--prometheus"] = box.run({"--stats=detail", "--prometheus"}).out;
  end();
  box.touch("first");
  CHECK(first.finish() == exited(0));
  CHECK(box.run({"--stop"}) == exited(0));
  const Result ended = daemon.finish();
  told["stderr"] = ended.out + ended.err;
  told["--events"] = reader.finish().out;
  told["late --events"] = late.finish().out;
  told["log"] = box.read("log");
  told["hook"] = box.read("hook");
  for (const auto& entry : std::filesystem::directory_iterator(box.path(".local/state/reduce"))) {
    told["state"] += entry.path().string() + "\n" + read_file(entry.path());
  }
  return told;
}

}  // namespace

TEST_CASE("Values of the environment and stdin are told to nobody") {
  Sandbox box;
  box.write("input", "content-of-stdin\n");
  std::list<Started> callers;
  const auto begin = [&] {
    for (int n = 0; n < 2; ++n) {
      const UniqueFd input(::open(box.path("input").c_str(), O_RDONLY | O_CLOEXEC));
      Spawn call = box.call(box.puppet({"wait-for", box.path("gate"), "print-stdin"}));
      call.set("SECRET", "value-of-secret");
      call.in = input.get();
      callers.emplace_back(call);
    }
    box.await_callers(3);
    // One that is sent away.
    Spawn direct = box.call({"true"});
    direct.set("SECRET", "value-of-secret");
    CHECK(Started(direct).finish().code == 0);
    Spawn explain = box.call({"--explain", "true"});
    explain.set("SECRET", "value-of-secret");
    CHECK(Started(explain).finish().out.find("value-of-secret") == std::string::npos);
  };
  const auto end = [&] {
    box.touch("gate");
    for (Started& caller : callers) CHECK(caller.finish() == exited(0, "content-of-stdin\n"));
  };
  const auto told = collect(box, begin, end);
  CHECK(count_events(told.at("hook"), "reduce") == 1);
  CHECK(count_events(told.at("hook"), "direct") == 1);
  for (const auto& [where, text] : told) {
    INFO(where);
    CHECK((where == "stderr") == text.empty());
    CHECK(text.find("value-of-secret") == std::string::npos);
    CHECK(text.find("content-of-stdin") == std::string::npos);
  }
}

TEST_CASE("Of a private call only the program's name is shown") {
  Sandbox box;
  std::list<Started> callers;
  const Words command =
      with({"--private"}, box.puppet({"note", box.path("notes"), "confidential", "wait-for",
                                      box.path("gate"), "exit", "3"}));
  std::filesystem::create_directory(box.path("hidden-folder"));
  const auto begin = [&] {
    for (int n = 0; n < 2; ++n) {
      Spawn call = box.call(command);
      call.cwd = box.path("hidden-folder");
      callers.emplace_back(call);
    }
    box.await_callers(3);
    Spawn direct = box.call({"--private", "/bin/echo", "confidential"});
    direct.cwd = box.path("hidden-folder");
    CHECK(Started(direct).finish().out == "confidential\n");
    const auto runs = box.list().at("runs");
    REQUIRE(runs.size() == 2);
    CHECK(runs[1].at("argv") == nlohmann::json{"puppet"});
  };
  const auto end = [&] {
    box.touch("gate");
    for (Started& caller : callers) CHECK(caller.finish() == exited(3));
  };
  const auto told = collect(box, begin, end);
  for (const auto& [where, text] : told) {
    INFO(where);
    CHECK(text.find("confidential") == std::string::npos);
    CHECK(text.find("hidden-folder") == std::string::npos);
  }
  std::size_t seen = 0;
  CHECK(count_events(told.at("--events"), "direct") == 1);
  for (const auto& event : events_in(told.at("--events"))) {
    const auto argv = event.at("argv");
    if (argv == nlohmann::json{"puppet"}) ++seen;
    if (argv == nlohmann::json{"echo"}) CHECK(event.at("event") == "direct");
  }
  // Two calls, a run, a joiner, an end.
  CHECK(seen == 5);
  CHECK(told.at("--stats=detail").find("puppet") != std::string::npos);
}
