// What steps do.

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "chaos/world.hpp"
#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"

namespace chaos {
namespace {

constexpr std::size_t kMostCallers = 40, kMostHostile = 20;
/// After the daemon's end, callers have a moment to say so, or to get another.
constexpr std::chrono::seconds kMoment{20};
constexpr std::chrono::seconds kAnswerPatience{60};

std::string text_of(const e2e::Words& words) {
  std::string text;
  for (const std::string& word : words) text += " " + word.substr(word.rfind('/') + 1);
  return text;
}

}  // namespace

void World::take(const Step& step) {
  switch (step.deed) {
    case Deed::call:
      call(step.plan);
      break;
    case Deed::plain_call:
      call_plainly();
      break;
    case Deed::signal_caller:
    case Deed::close_stdout:
    case Deed::stop_caller:
    case Deed::resume_caller:
      leave(step);
      break;
    default:
      disturb(step);
  }
  pass_time(std::chrono::milliseconds(step.pause));
}

void World::disturb(const Step& step) {
  switch (step.deed) {
    case Deed::signal_run:
    case Deed::signal_group:
      return signal_run(step);
    case Deed::kill_run:
    case Deed::forget_run:
    case Deed::stop_daemon:
      return ask(step.deed, step.choice);
    case Deed::misbehave:
      log("a client misbehaves, way " + std::to_string(static_cast<int>(step.misbehaviour)));
      hostile_.push_back(e2e::misbehave(box_.socket(), step.misbehaviour, step.choice));
      if (hostile_.size() > kMostHostile) hostile_.pop_front();
      return;
    case Deed::kill_daemon:
      return kill_daemon(step.choice);
    case Deed::replace_daemon:
      log("reduced --replace");
      return daemons_.start(setting_, {"--replace"});
    case Deed::squeeze:
      return squeeze(step.choice);
    case Deed::release:
      log("as many descriptors as before");
      return daemons_.release();
    case Deed::fill_disk:
      if (!disk_.is_there() || std::exchange(disk_is_full_, true)) return;
      log("the disk is full");
      hold_all();
      return disk_.fill();
    default:
      if (!std::exchange(disk_is_full_, false)) return;
      log("the disk has room");
      disk_.clear();
  }
}

void World::call(const Plan& plan) {
  if (callers_.size() >= kMostCallers) return;
  const e2e::Words words = e2e::with(plan.options, words_of(plan.work, box_.path("runs")));
  e2e::Spawn spawn = box_.call(words);
  reduce::UniqueFd input;
  if (plan.work.input > 0) {
    input.reset(::open(box_.path("input").c_str(), O_RDONLY | O_CLOEXEC));
    spawn.in = input.get();
  }
  if (plan.has_large_environment) {
    for (int n = 0; n < 4; ++n) spawn.set("LARGE" + std::to_string(n), std::string(100'000, 'x'));
  }
  add(plan, std::move(spawn), std::nullopt, text_of(words));
}

void World::call_plainly() {
  const std::string text = "call " + std::to_string(last_caller_ + 1);
  const e2e::Words words = {"echo", text};
  add({}, box_.call(words), text + "\n", text_of(words));
}

void World::add(Plan plan, e2e::Spawn spawn, std::optional<std::string> says,
                const std::string& words) {
  limit_descriptors(spawn, setting_);
  // LeakSanitizer waits for ever where SIGCONT comes while it looks.
  for (std::string& variable : spawn.env) {
    if (variable.starts_with("ASAN_OPTIONS=")) variable += ":detect_leaks=0";
  }
  const std::size_t executions = ledger_.executions(), ends = ledger_.ends();
  if (!says) ledger_.note_call(plan);
  Caller& caller = callers_.emplace_back(++last_caller_, std::move(plan), std::move(spawn));
  caller.executions_before = executions;
  caller.ends_before = ends;
  caller.says = std::move(says);
  for (const Excuse excuse : setting_.excuses) caller.excuse(excuse);
  if (daemons_.is_squeezed()) excuse_for_shortage(caller);
  // It may join the run, or begin one that has the number at a daemon which serves by now.
  if (std::ranges::any_of(questions_, &Question::kills)) {
    caller.excuse(Excuse::lost);
    caller.excuse(Excuse::ended);
  }
  const char* paces[] = {"", ", read slowly", ", not read"};
  log(caller, words + paces[static_cast<int>(caller.plan().pace)] + ", pid " +
                  std::to_string(caller.pid()));
}

Caller* World::any_caller(unsigned choice) {
  if (callers_.empty()) return nullptr;
  return &*std::next(callers_.begin(), choice % callers_.size());
}

/// Plain calls must work: nobody ends them.
void World::leave(const Step& step) {
  Caller* caller = any_caller(step.choice);
  if (caller == nullptr || caller->says) return;
  switch (step.deed) {
    case Deed::signal_caller:
      log(*caller, std::string("gets SIG") + ::sigabbrev_np(step.signal));
      return caller->signal(step.signal);
    case Deed::close_stdout:
      log(*caller, "its stdout is closed");
      return caller->close_out();
    case Deed::stop_caller:
      log(*caller, "is stopped");
      // Its request may come too late.
      caller->excuse(Excuse::direct);
      return caller->stop();
    default:
      for (Caller& any : callers_) any.resume();
  }
}

void World::signal_run(const Step& step) {
  const auto latest = ledger_.latest(20);
  if (latest.empty()) return;
  const pid_t pid = latest[step.choice % latest.size()];
  // The number may be another process's by now: only ours are signalled.
  const auto all = e2e::descendants();
  const auto found = std::ranges::find(all, pid, &e2e::ProcessInfo::pid);
  if (found == all.end() || found->name != "chaos_child") return;
  const bool whole_group = step.deed == Deed::signal_group && found->session == pid;
  log("process " + std::to_string(pid) + (whole_group ? " and its group get SIG" : " gets SIG") +
      ::sigabbrev_np(step.signal));
  ledger_.note_signal(pid, step.signal);
  ::kill(whole_group ? -pid : pid, step.signal);
}

void World::ask(Deed deed, unsigned choice) {
  const bool stops = deed == Deed::stop_daemon;
  log(stops ? "reduce-run --stop" : "reduce-run --list, to kill or forget one");
  const e2e::Words words = stops ? e2e::Words{"--stop"} : e2e::Words{"--list", "--json"};
  questions_.push_back({box_.start(words), deed, choice, Clock::now() + kAnswerPatience});
}

void World::go_on(Question& question) {
  const e2e::Result answer = question.process.finish();
  const bool is_list = question.deed == Deed::kill_run || question.deed == Deed::forget_run;
  const auto list = nlohmann::json::parse(is_list ? answer.out : "", nullptr, false);
  if (!list.is_object()) return;
  std::vector<nlohmann::json> runs;
  // Plain calls must work.
  for (const auto& run : list.at("runs")) {
    if (run.at("argv").at(0) != "echo") runs.push_back(run);
  }
  if (runs.empty()) return;
  const auto& run = runs[question.choice % runs.size()];
  const std::string id = std::to_string(run.at("id").get<int>());
  const bool kills = question.deed == Deed::kill_run;
  log((kills ? "reduce-run --kill " : "reduce-run --forget ") + id);
  if (kills) {
    for (const int signal : {SIGTERM, SIGKILL}) ledger_.note_signal(run.at("pid"), signal);
    // It may be in the queue, and then has no end; or in its next try.
    excuse_all(Excuse::lost);
    excuse_all(Excuse::ended);
  }
  questions_.push_back({box_.start({kills ? "--kill" : "--forget", id}), Deed::call, 0,
                        Clock::now() + kAnswerPatience, kills});
}

void World::kill_daemon(unsigned choice) {
  const pid_t daemon = daemons_.any(choice);
  if (daemon == 0) return;
  log("kill -9 of daemon " + std::to_string(daemon));
  excuse_all(Excuse::lost);
  ::kill(daemon, SIGKILL);
  const bool others = box_.daemons().size() > 1 || daemons_.is_squeezed() || disk_is_full_;
  call_plainly();
  if (others) return;
  for (Caller& caller : callers_) {
    caller.read_eagerly();
    caller.deadline = Clock::now() + kMoment;
  }
}

void World::squeeze(unsigned choice) {
  const pid_t daemon = daemons_.any(choice);
  if (daemon == 0) return;
  const unsigned descriptors = 8 + choice % 40;
  log("daemon " + std::to_string(daemon) + " may have " + std::to_string(descriptors) +
      " descriptors");
  for (Caller& caller : callers_) excuse_for_shortage(caller);
  daemons_.squeeze(daemon, descriptors);
  hold_all();
}

/// A command of which one try is over cannot be run without the daemon any more.
void World::excuse_for_shortage(Caller& caller) {
  caller.excuse(Excuse::direct);
  if (caller.plan().has("--retries")) caller.excuse(Excuse::lost);
}

/// No call has to end in time now.
void World::hold_all() {
  for (Caller& caller : callers_) caller.deadline.reset();
}

void World::excuse_all(Excuse excuse) {
  for (Caller& caller : callers_) caller.excuse(excuse);
}

}  // namespace chaos
