// The same calls have the same numbers wherever somebody looks on.

#include <unistd.h>

#include <regex>

#include "support/catch.hpp"
#include "support/e2e/events.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// Ten callers of one command, all there before it ends.
void call_ten_at_once(const Sandbox& box) {
  std::list<Started> callers;
  for (int n = 0; n < 10; ++n)
    callers.push_back(box.start(box.puppet({"wait-for", box.path("gate")})));
  box.await_callers(10);
  box.touch("gate");
  for (Started& caller : callers) CHECK(caller.finish() == exited(0));
  ::unlink(box.path("gate").c_str());
}

/// 30 calls, 12 runs, 18 shared, 9 failures.
void call_thirty(const Sandbox& box) {
  call_ten_at_once(box);
  call_ten_at_once(box);
  for (int n = 0; n < 10; ++n) {
    const int code = n == 0 ? 0 : n;
    CHECK(box.run(box.puppet({"exit", std::to_string(code)})) == exited(code));
  }
}

void check_numbers(const nlohmann::json& counts) {
  INFO(counts);
  CHECK(counts.at("total") == 30);
  CHECK(counts.at("executed") == 12);
  CHECK(counts.at("reduced") == 18);
  CHECK(counts.at("errors") == 9);
  CHECK(counts.at("direct") == 0);
  CHECK(counts.at("retried") == 0);
}

void check_events(const Events& events) {
  CHECK(count_events(events, "apply") == 30);
  CHECK(count_events(events, "execute") == 12);
  CHECK(count_events(events, "reduce") == 18);
  CHECK(count_events(events, "result") == 3);
  CHECK(count_events(events, "error") == 9);
  CHECK(count_events(events, "dropped") == 0);
}

bool has_row(const std::string& table, const std::string& expression) {
  return std::regex_search(table, std::regex("(^|\n)" + expression));
}

}  // namespace

TEST_CASE("Thirty calls add up everywhere") {
  Sandbox box;
  box.start_daemon({"--debug=" + box.path("log"), "--hook", "cat >" + box.path("hook")});
  // Who has seen this run end has been looking on since before the first call that counts.
  Started first = box.start(box.puppet({"wait-for", box.path("first")}));
  box.await_callers(1);
  Started reader = box.start({"--events"});
  REQUIRE(eventually([&] { return count_events(reader.out(), "running") == 1; }));
  box.touch("first");
  CHECK(first.finish() == exited(0));
  REQUIRE(eventually([&] { return count_events(reader.out(), "result") == 1; }));
  CHECK(box.run({"--stats", "--reset"}).code == 0);
  const std::size_t seen = reader.out().size();
  call_thirty(box);

  check_numbers(box.stats());
  const auto detail = nlohmann::json::parse(box.run({"--stats=detail", "--json"}).out);
  check_numbers(detail);
  REQUIRE(detail.at("programs").size() == 1);
  CHECK(detail.at("programs")[0].at("program") == "puppet");
  check_numbers(detail.at("programs")[0]);

  for (const char* question : {"--stats", "--stats=detail"}) {
    const Result table = box.run({question});
    INFO(table.out);
    CHECK(has_row(table.out, "total +30 "));
    CHECK(has_row(table.out, "executed +12 "));
    CHECK(has_row(table.out, "reduced +18 "));
    CHECK(has_row(table.out, "errors +9 "));
    CHECK(has_row(table.out, " +30 +12 +18 +9 +\\S+ +puppet\n") ==
          (std::string(question) == "--stats=detail"));
  }

  const std::string metrics = box.run({"--stats=detail", "--prometheus"}).out;
  INFO(metrics);
  for (const char* line :
       {"calls_total 30\n", "executed_total 12\n", "reduced_total 18\n", "errors_total 9\n"}) {
    CHECK(metrics.find(std::string("\nreduce_") + line) != std::string::npos);
    std::string by_program = std::string("\nreduce_program_") + line;
    by_program.insert(by_program.find(' '), "{program=\"puppet\"}");
    CHECK(metrics.find(by_program) != std::string::npos);
  }

  REQUIRE(eventually([&] { return count_events(reader.out(), "error") == 9; }));
  check_events(events_in(reader.out().substr(seen)));

  CHECK(box.run({"--stop"}) == exited(0));
  CHECK(reader.finish().code == 0);
  REQUIRE(eventually([&] { return box.daemons().empty(); }));
  const std::string log = box.read("log");
  // And those of the run before.
  CHECK(count_words(log, " apply run ") == 31);
  CHECK(count_words(log, " executing run ") == 13);
  CHECK(count_words(log, " reducing run ") == 18);
  CHECK(count_words(log, " result run ") == 4);
  CHECK(count_words(log, " exception run ") == 9);
  const Events fed = events_in(box.read("hook"));
  CHECK(count_events(fed, "apply") == 31);
  CHECK(count_events(fed, "execute") == 13);
  CHECK(count_events(fed, "reduce") == 18);
  CHECK(count_events(fed, "result") == 4);
  CHECK(count_events(fed, "error") == 9);
}
