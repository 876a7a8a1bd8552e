#include "run/run.hpp"

#include <csignal>
#include <utility>

namespace reduce {
namespace {

constexpr Duration kGrace = std::chrono::seconds(5);

}  // namespace

Run::Run(RunId id, Identity identity, Command command, RunOwner& owner, Clock& clock,
         const SegmentStore& store)
    : id_(id),
      identity_(std::move(identity)),
      command_(std::move(command)),
      owner_(owner),
      clock_(clock),
      spool_(store),
      started_(clock.now()) {}

Run::~Run() = default;

Duration Run::age() const { return clock_.now() - started_; }

void Run::start(Launcher& launcher) {
  auto launched = launcher.launch(command_, id_, *this);
  if (auto* process = std::get_if<std::unique_ptr<Process>>(&launched)) {
    process_ = std::move(*process);
  } else {
    finish(std::move(std::get<LaunchFailure>(launched).outcome));
  }
}

void Run::add(Caller& caller, Role role) {
  caller.run_ = shared_from_this();
  caller.role_ = role;
  caller.age_at_join_ = age();
  caller.cursor_ = spool_.begin();
  ++present_;
  ++served_;
  busy_.push_back(caller);
}

void Run::remove(Caller& caller) {
  const auto self = std::exchange(caller.run_, nullptr);
  caller.unlink();
  caller.cursor_ = Cursor();
  --present_;
}

void Run::wait_for_more(Caller& caller) {
  caller.unlink();
  waiting_.push_back(caller);
}

void Run::pass_signal(int signal) {
  if (process_) process_->signal_group(signal);
}

void Run::stop() {
  if (state_ != State::running) return;
  state_ = State::stopping;
  process_->signal_group(SIGTERM);
  kill_timer_ = clock_.after(kGrace, [this] { kill(); });
}

void Run::kill() {
  process_->signal_group(SIGKILL);
  kill_timer_.reset();
  if (state_ != State::ended) return;
  process_.reset();
  owner_.gone(*this);
}

Intake Run::output(Stream stream, int pipe, std::size_t most) {
  auto taken = spool_.take(stream, pipe, most);
  if (!taken) {
    // Output that cannot be kept must not look like output that was never written.
    failure_ = Broken{taken.error().text};
    const auto self = shared_from_this();
    owner_.retire(*this);
    stop();
    return {Intake::State::closed, 0};
  }
  if (taken->state == Intake::State::taken) tell(waiting_);
  return *taken;
}

void Run::ended(const ProcessEnd& end) {
  cpu_ = end.cpu;
  if (failure_) {
    finish(std::move(*failure_));
  } else {
    finish(std::visit([](const auto& how) { return Outcome(how); }, end.how));
  }
}

void Run::finish(Outcome outcome) {
  const auto self = shared_from_this();
  owner_.retire(*this);
  state_ = State::ended;
  outcome_ = std::move(outcome);
  duration_ = age();
  // Where SIGKILL is still to come, the process object goes on to hold the group's id.
  if (!kill_timer_) process_.reset();
  tell(waiting_);
  tell(busy_);
  owner_.ended(*this);
}

void Run::tell(Callers& callers) {
  Callers told;
  told.swap(callers);
  while (!told.empty()) {
    Caller& caller = told.front();
    told.pop_front();
    busy_.push_back(caller);
    caller.progress();
  }
}

}  // namespace reduce
