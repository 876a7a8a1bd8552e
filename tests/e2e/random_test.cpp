// Callers of all kinds that come and go at random: nobody gets less than a whole run or more than
// one, and no command is stuck afterwards.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// REDUCE_TEST_SEED, to see a failure again; else another one each time.
unsigned choose_seed() {
  const char* given = std::getenv("REDUCE_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                          : std::random_device()();
}

/// What a run says and how it ends tells its process, so that no two runs look the same.
constexpr const char* kWork =
    "echo $$ >>runs\n"
    "echo begin $$; echo error $$ >&2\n"
    "sleep $1\n"
    "echo end $$\n"
    "case $(($$ % 4)) in 0) exit 0;; 1) exit 7;; 2) kill -USR1 $$;; 3) kill -ALRM $$;; esac\n";

Result whole(pid_t pid) {
  const std::string name = std::to_string(pid) + "\n";
  const std::string out = "begin " + name + "end " + name, err = "error " + name;
  switch (pid % 4) {
    case 0:
      return exited(0, out, err);
    case 1:
      return exited(7, out, err);
    default:
      return signaled(pid % 4 == 2 ? SIGUSR1 : SIGALRM, out, err);
  }
}

struct Called {
  Started process;
  int number;
  bool timed;               ///< with --timeout
  bool fresh;               ///< with --fresh
  bool piped;               ///< its stdout is a pipe that may be closed
  std::set<pid_t> before;   ///< what had run before the call
  std::set<int> gone;       ///< ids of runs that had been killed or forgotten before the call
  reduce::UniqueFd reader;  ///< of that pipe
  std::set<int> signals{};  ///< that it was sent
};

class World {
 public:
  explicit World(unsigned seed) : dice_(seed) {
    box_.write("work", kWork);
    box_.write("work-on", std::string("trap '' TERM\n") + kWork);
  }

  void step() {
    const unsigned choice = roll(20);
    if (choice < 8 && calls_.size() < 12) call();
    if (choice == 8 || choice == 9) send_signal();
    if (choice == 10) close_stdout();
    if (choice == 11) ask("--kill");
    if (choice == 12) ask("--forget");
    if (choice > 12) ::poll(nullptr, 0, static_cast<int>(roll(20)));
    take_ended(false);
  }

  void finish() {
    take_ended(true);
    CHECK(box_.executions() <= most_executions_);
    CHECK(eventually([&] { return box_.list().at("runs").empty(); }));
    box_.await_callers(0);
    for (const Words& command : commands()) call(command, {}, false);
    take_ended(true);
  }

 private:
  unsigned roll(unsigned sides) { return static_cast<unsigned>(dice_() % sides); }
  template <class T>
  const T& any(const std::vector<T>& of) {
    return of[roll(static_cast<unsigned>(of.size()))];
  }

  static const std::vector<Words>& commands() {
    static const std::vector<Words> all = {
        {"sh", "work", "0"},
        {"sh", "work", "0.1"},
        {"sh", "work", "0.4"},
        {"--kill-after=100ms", "sh", "work-on", "0.3"},
        {"--timeout=200ms", "sh", "work", "0.2"},
        {"--timeout=100ms", "--kill-after=100ms", "sh", "work-on", "0.3"},
        {"--retries=2", "sh", "work", "0.05"},
        {"--retries=1", "--retry-delay=50ms", "sh", "work", "0"}};
    return all;
  }

  Spawn call_of(const Words& words) {
    ++most_executions_;
    for (const std::string& word : words) {
      if (word.starts_with("--retries=")) most_executions_ += std::stoul(word.substr(10));
    }
    return box_.call(words);
  }

  void call() {
    static const std::vector<Words> all_options = {{},
                                                   {},
                                                   {},
                                                   {"--fresh"},
                                                   {"--max-age=0"},
                                                   {"--max-age=50ms"},
                                                   {"--ttl=1s"},
                                                   {"--keep"},
                                                   {"--no-join"},
                                                   {"--linger=50ms"},
                                                   {"--ttl=1s", "--fresh"}};
    call(any(commands()), any(all_options), roll(6) == 0);
  }

  void call(const Words& command, const Words& options, bool piped) {
    const int number = ++last_;
    const auto executed = box_.executed();
    Spawn spawn = call_of(with(with({"--report=" + report_of(number)}, options), command));
    reduce::UniqueFd reader, writer;
    if (piped) {
      int ends[2];
      REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
      reader.reset(ends[0]);
      writer.reset(ends[1]);
      spawn.out = Target::descriptor(writer.get());
    }
    calls_.push_back({Started(spawn),
                      number,
                      command[0].starts_with("--timeout"),
                      std::ranges::count(options, "--fresh") > 0,
                      piped,
                      {executed.begin(), executed.end()},
                      gone_,
                      std::move(reader)});
  }

  std::string report_of(int number) const { return box_.path("report-" + std::to_string(number)); }

  void send_signal() {
    if (calls_.empty()) return;
    static const std::vector<int> all = {SIGINT, SIGTERM, SIGKILL};
    Called& called = *std::next(calls_.begin(), roll(static_cast<unsigned>(calls_.size())));
    if (!called.process.is_running()) return;
    const int number = any(all);
    called.process.signal(number);
    called.signals.insert(number);
  }

  void close_stdout() {
    for (Called& called : calls_) called.reader.reset();
  }

  void ask(const char* what) {
    const auto list = box_.list();
    if (list.is_null() || list.at("runs").empty()) return;
    const auto& runs = list.at("runs");
    const auto& run = runs.at(roll(static_cast<unsigned>(runs.size())));
    const int id = run.at("id").get<int>();
    const bool kills = std::string_view(what) == "--kill";
    if (kills) killed_.insert(id);
    const Result answer = box_.run({what, std::to_string(id)});
    // It may have ended since.
    CHECK((answer.code == 0 || answer.code == 125));
    // One that is queued is new to all who come: there is nothing to forget.
    if (answer.code == 0 && (kills || run.at("state") == "running")) gone_.insert(id);
  }

  void take_ended(bool all) {
    for (auto called = calls_.begin(); called != calls_.end();) {
      if (!all && called->process.is_running()) {
        ++called;
        continue;
      }
      check(*called, called->process.finish());
      called = calls_.erase(called);
    }
  }

  static pid_t pid_in(const std::string& text) {
    const std::size_t space = text.find(' ');
    return space == std::string::npos ? 0 : std::atoi(text.c_str() + space);
  }

  void check(const Called& called, const Result& result) {
    const std::string text = box_.read("report-" + std::to_string(called.number));
    INFO("call " << called.number << ": " << result << "\nreport: " << text);
    if (called.piped) return;
    const auto report = nlohmann::json::parse(text.empty() ? "{}" : text);
    const pid_t pid = std::max(pid_in(result.out), pid_in(result.err));
    const Result expected = whole(pid);
    if (pid != 0) {
      CHECK(expected.out.starts_with(result.out));
      CHECK(expected.err.starts_with(result.err));
      if (called.fresh) CHECK_FALSE(called.before.contains(pid));
    }
    if (called.signals.contains(result.signal)) return;
    REQUIRE(report.contains("id"));
    const int id = report.at("id").get<int>();
    CHECK_FALSE(called.gone.contains(id));
    // Less than a whole run: somebody has ended it.
    const bool in_time = called.timed && (result.code == 124 || result.code == 137);
    CHECK((result == expected || in_time || killed_.contains(id)));
    const auto [seen, first] = results_.emplace(id, result);
    if (!first) CHECK(seen->second == result);
    if (pid != 0) CHECK(runs_.emplace(pid, id).first->second == id);
  }

  Sandbox box_;
  std::mt19937 dice_;
  std::list<Called> calls_;
  std::set<int> killed_;           ///< ids, where it was tried
  std::set<int> gone_;             ///< ids, where it was done, or they were forgotten
  std::map<int, Result> results_;  ///< by the run's id
  std::map<pid_t, int> runs_;      ///< their ids, by the process
  std::size_t most_executions_ = 0;
  int last_ = 0;
};

}  // namespace

TEST_CASE("Whatever callers ask for and however they leave, each gets one whole run") {
  const unsigned seed = choose_seed();
  INFO("REDUCE_TEST_SEED=" << seed);
  World world(seed);
  for (int step = 0; step < 800; ++step) world.step();
  world.finish();
}
