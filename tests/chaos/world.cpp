// Episodes: how they begin, what is looked at all the time, and how all comes to rest.

#include "chaos/world.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/process_table.hpp"

namespace chaos {
namespace {

using std::chrono::milliseconds;

/// How long a call may take once nothing holds it any more.
std::chrono::seconds patience() {
  return std::chrono::seconds(e2e::is_sanitized() ? 90 : 30);
}
constexpr std::size_t kMostTrace = 60;

std::string make_input() {
  std::string bytes(70'000, '\0');
  e2e::Noise(kInputSeed).fill(bytes.data(), bytes.size());
  return bytes;
}

/// What may be in the sandbox's folder at rest.
bool belongs(const std::string& name) {
  static const std::set<std::string> names = {"v1.sock", "v1.sock.lock", "runs",  "input",
                                              "disk",    "daemon-says",  ".local"};
  return names.contains(name) || name.starts_with("sanitizer.");
}

}  // namespace

World::World(std::uint64_t seed)
    : seed_(seed),
      disk_(box_.path("disk"), "3M"),
      settings_(all_settings(disk_.folder())),
      setting_(settings_[0]),
      daemons_(box_),
      ledger_(box_.path("runs")) {
  box_.write("input", make_input());
  // What this process has inherited must not be counted as its daemons'.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
}

void World::live_through(std::uint64_t episode) {
  ++episodes_;
  // Steps have numbers below that.
  Dice dice(seed_, (1ULL << 40) + episode);
  begin(dice.any(settings_));
  const unsigned steps = 60 + dice.roll(160);
  for (unsigned step = 0; step < steps; ++step) {
    Dice own(seed_, ++steps_);
    take(decide(own));
  }
  settle();
  if (!dice.one_in(3)) end_daemons(dice.roll(3));
}

void World::begin(const Setting& setting) {
  const bool goes_on = !box_.daemons().empty();
  if (!goes_on) setting_ = setting;
  log(std::string("--- ") + setting_.name);
  if (!goes_on && setting_.by_hand) {
    daemons_.start(setting_, {});
    if (!e2e::eventually([&] { return box_.daemon_pid().has_value(); })) {
      fail("a daemon does not start");
    }
  }
  call_plainly();
  await_all_ends();
  if (const auto wrong = daemons_.complaint_when_idle()) fail(*wrong);
}

void World::pass_time(milliseconds time) {
  const auto until = Clock::now() + time;
  do {
    std::vector<pollfd> wishes;
    for (const Caller& caller : callers_) {
      for (const pollfd& wish : caller.wishes()) wishes.push_back(wish);
    }
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    // The ends of processes are no descriptors here.
    const int pause = static_cast<int>(std::clamp<std::int64_t>(left, 0, 5));
    ::poll(wishes.data(), wishes.size(), pause);
    look();
  } while (Clock::now() < until);
}

void World::look() {
  for (Caller& caller : callers_) caller.read();
  for (auto next = callers_.begin(); next != callers_.end();) {
    const auto caller = next++;
    if (caller->has_ended()) {
      check(*caller);
      callers_.erase(caller);
    } else {
      check_deadline(*caller);
    }
  }
  look_at_questions();
}

void World::check(Caller& caller) {
  const e2e::Result result = caller.result();
  std::ostringstream how;
  how << "ended: ";
  if (result.code) how << "exit " << *result.code;
  if (!result.code) how << "signal " << result.signal;
  how << ", " << caller.out().size() << " and " << caller.err().size() << " bytes";
  const Lines lines = split(caller.err());
  for (const std::string& line : {lines.before, lines.after}) {
    if (!line.empty()) how << ", said \"" << line << "\"";
  }
  log(caller, how.str());
  if (const auto wrong = ledger_.complaint(caller, result)) fail(*wrong, &caller);
}

void World::check_deadline(Caller& caller) {
  if (caller.is_held() || !caller.deadline || Clock::now() < *caller.deadline) return;
  fail("it has not ended in time", &caller);
}

void World::look_at_questions() {
  for (auto next = questions_.begin(); next != questions_.end();) {
    const auto question = next++;
    if (!question->process.is_running()) {
      go_on(*question);
      questions_.erase(question);
    } else if (Clock::now() >= question->deadline && !daemons_.is_squeezed()) {
      fail("a question has no answer in time");
    }
  }
}

void World::settle() {
  log("all that could hold anyone ends");
  daemons_.release();
  if (std::exchange(disk_is_full_, false)) disk_.clear();
  hostile_.clear();
  for (Caller& caller : callers_) {
    caller.resume();
    caller.read_eagerly();
    if (!caller.deadline) caller.deadline = Clock::now() + patience();
  }
  for (Question& question : questions_) question.deadline = Clock::now() + patience();
  call_plainly();
  await_all_ends();
  check_processes();
  if (const auto wrong = daemons_.complaint_when_idle()) fail(*wrong);
  check_folder();
  if (ledger_.executions() > ledger_.most_executions()) {
    fail(std::to_string(ledger_.executions()) + " executions for calls that ask for " +
         std::to_string(ledger_.most_executions()));
  }
}

void World::await_all_ends() {
  while (!callers_.empty() || !questions_.empty()) pass_time(milliseconds(20));
}

/// One daemon at most is left, and none of what it ran.
void World::check_processes() {
  std::string left;
  const auto at_rest = [&] {
    daemons_.reap();
    reap_orphans();
    left.clear();
    std::size_t daemons = 0;
    for (const auto& info : e2e::descendants()) {
      if (info.name == "reduced" && ++daemons == 1) continue;
      left += "  " + std::to_string(info.pid) + " " + e2e::command_line(info.pid) + "\n";
    }
    return left.empty();
  };
  if (!e2e::eventually(at_rest)) fail("processes are left:\n" + left);
}

/// Whoever's they were, they are ours now (see Sandbox).
void World::reap_orphans() {
  for (const auto& info : e2e::descendants()) {
    if (!info.is_alive() && info.parent == ::getpid()) ::waitpid(info.pid, nullptr, WNOHANG);
  }
}

void World::check_folder() {
  for (const auto& entry : std::filesystem::directory_iterator(box_.folder())) {
    if (!belongs(entry.path().filename())) fail("a file is left: " + entry.path().string());
  }
  if (!std::filesystem::is_empty(disk_.folder())) fail("a file is left in the spool's folder");
}

/// However that is done.
void World::end_daemons(unsigned choice) {
  log("daemons end, way " + std::to_string(choice));
  if (choice == 2) ask(Deed::stop_daemon, 0);
  await_all_ends();
  for (const pid_t daemon : box_.daemons()) ::kill(daemon, choice == 0 ? SIGKILL : SIGTERM);
  if (!e2e::eventually([&] { return box_.daemons().empty(); })) fail("a daemon does not end");
  daemons_.reap();
  reap_orphans();
}

void World::log(const std::string& what) {
  const std::chrono::duration<double> age = Clock::now() - begin_;
  std::ostringstream line;
  line << std::fixed << age.count() << " step " << steps_ << ": " << what;
  trace_.push_back(line.str());
  if (trace_.size() > kMostTrace) trace_.pop_front();
}

void World::log(Caller& caller, const std::string& what) {
  log("call " + std::to_string(caller.number()) + ": " + what);
  caller.note(trace_.back());
}

void World::fail(const std::string& what, const Caller* caller) {
  std::string text = what + "\nseed " + std::to_string(seed_) + ", episode " +
                     std::to_string(episodes_) + " (" + setting_.name + "), step " +
                     std::to_string(steps_) + "\n";
  if (caller != nullptr) {
    const std::string process = "/proc/" + std::to_string(caller->pid());
    text += "call " + std::to_string(caller->number()) + ":\n" + caller->history();
    text += "  waits in " + e2e::read_file(process + "/wchan") + "\n";
  }
  text += "what was done last:\n";
  for (const std::string& line : trace_) text += "  " + line + "\n";
  for (const auto& info : e2e::descendants()) text += e2e::account_of(info);
  text += "the daemon says: " + box_.read("daemon-says");
  // For a debugger, while all is as it was found.
  if (const char* command = std::getenv("REDUCE_CHAOS_ON_FAULT")) {
    static_cast<void>(std::system(command));
  }
  FAIL(text);
  std::abort();
}

std::string World::summary() const {
  const Ledger::Totals& totals = ledger_.totals();
  std::ostringstream text;
  text << episodes_ << " episodes, " << steps_ << " steps, " << totals.calls << " calls, "
       << totals.whole << " with a whole run, " << totals.cut_short
       << " with one that somebody ended, " << totals.left << " left, " << totals.lost
       << " gave up with one line, " << totals.direct << " of all ran without the daemon";
  return text.str();
}

}  // namespace chaos
