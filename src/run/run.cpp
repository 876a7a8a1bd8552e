#include "run/run.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace reduce {
namespace {

constexpr Duration kDefaultGrace = std::chrono::seconds(5);
/// Between two looks for room that nobody tells us of: on a disk, or of other runs.
constexpr Duration kRoomDelay = std::chrono::milliseconds(50);

}  // namespace

Run::Run(RunId id, Identity identity, Command command, bool shared, const World& world)
    : id_(id),
      identity_(std::move(identity)),
      command_(std::move(command)),
      shared_(shared),
      world_(world),
      spool_(world.store),
      tries_left_(options().retries) {}

Run::~Run() = default;

Duration Run::age() const {
  return has_started() ? world_.clock.now() - started_ : Duration::zero();
}

std::optional<Duration> Run::linger() const {
  if (keep_) return std::nullopt;
  return linger_;
}

const Broken* Run::launch_failure() const {
  const bool tried = outcome_ && has_started() && !executed_;
  return tried ? std::get_if<Broken>(&*outcome_) : nullptr;
}

void Run::start() {
  state_ = State::running;
  started_ = world_.clock.now();
  if (options().timeout) {
    timeout_timer_ = world_.clock.after(*options().timeout, [this] { time_out(); });
  }
  start_try();
}

void Run::start_try() {
  visible_ = tries_left_ == 0;
  auto launched = world_.launcher.launch(command_, id_, *this);
  const auto* failure = std::get_if<LaunchFailure>(&launched);
  if (failure != nullptr && failure->shortage && world_.owner.let_go_of_held()) {
    launched = world_.launcher.launch(command_, id_, *this);
  }
  if (auto* process = std::get_if<std::unique_ptr<Process>>(&launched)) {
    process_ = std::move(*process);
    executed_ = true;
  } else {
    auto& refused = std::get<LaunchFailure>(launched);
    executed_ = executed_ || refused.executed;
    try_ended(std::move(refused.outcome));
  }
}

void Run::add(Caller& caller, Role role, const CallOptions& wanted) {
  caller.run_ = shared_from_this();
  caller.role_ = role;
  caller.age_at_join_ = age();
  caller.cursor_ = spool_->begin();
  caller.moved_ = world_.clock.now();
  ++present_;
  ++served_;
  busy_.push_back(caller);
  linger_timer_.reset();
  linger_ = std::max(linger_, wanted.linger.value_or(Duration::zero()));
  ttl_ = std::max(ttl_, wanted.ttl.value_or(Duration::zero()));
  keep_ = keep_ || wanted.keep;
}

void Run::remove(Caller& caller) {
  const auto self = std::exchange(caller.run_, nullptr);
  caller.unlink();
  caller.cursor_ = Cursor();
  --present_;
  resume_if_room();
  let_go_of_output();
}

/// Where the process group is within its grace, the run outlives its callers.
void Run::let_go_of_output() {
  if (outcome_ && present_ == 0 && !spool_->is_open()) spool_->let_go();
}

bool Run::next(Caller& caller, Notice& notice) {
  if (!visible_) return false;
  const bool more = spool_->next(caller.cursor_, notice);
  if (more) note_moving(caller);
  resume_if_room();
  return more;
}

void Run::note_moving(Caller& caller) {
  caller.moved_ = world_.clock.now();
}

bool Run::is_over_for(const Caller& caller) const {
  return outcome_ && spool_->is_at_end(caller.cursor_);
}

void Run::wait_for_more(Caller& caller) {
  caller.unlink();
  waiting_.push_back(caller);
}

void Run::pass_signal(int signal) {
  interrupted_ = true;
  if (process_) return process_->signal_group(signal);
  if (state_ == State::running) finish(Signaled{signal});
}

void Run::stop() {
  if (state_ != State::running && state_ != State::queued) return;
  const bool started = state_ == State::running;
  state_ = State::stopping;
  if (!process_) {
    if (timed_out_) return finish(TimedOut{});
    return finish(started ? Outcome(Signaled{SIGTERM}) : Broken{"the run was ended in the queue"});
  }
  process_->signal_group(SIGTERM);
  kill_timer_ =
      world_.clock.after(options().kill_after.value_or(kDefaultGrace), [this] { kill(); });
}

void Run::kill() {
  killed_ = true;
  process_->signal_group(SIGKILL);
  if (state_ == State::ended) return clear_up();
  kill_timer_.reset();
}

void Run::clear_up() {
  kill_timer_.reset();
  process_.reset();
  world_.owner.gone(*this);
}

void Run::time_out() {
  const auto self = shared_from_this();
  timed_out_ = true;
  world_.owner.retire(*this);
  stop();
}

Intake Run::output(Stream stream, int pipe, std::size_t most) {
  if (failure_) return {Intake::State::closed, 0};
  auto taken = spool_->take(stream, pipe, most);
  if (taken && taken->state == Intake::State::full && open_window()) {
    taken = spool_->take(stream, pipe, most);
  }
  if (!taken) return fail(taken.error());
  if (taken->state == Intake::State::full) {
    // What a try writes is kept whole until it is known whether that try counts.
    if (!visible_ && !spool_->shortage()) {
      return fail(make_error("a try's output is over the limit of what is kept"));
    }
    wait_for_room();
  }
  if (taken->state == Intake::State::taken) {
    // The other stream may wait for the room that there is now.
    if (std::exchange(full_since_, std::nullopt)) process_->resume();
    if (visible_) tell(waiting_);
  }
  return *taken;
}

/// Output that cannot be kept must not look like output that was never written.
Intake Run::fail(const Error& error) {
  failure_ = Broken{error.text};
  const auto self = shared_from_this();
  world_.owner.retire(*this);
  stop();
  return {Intake::State::closed, 0};
}

/// As much is kept as may be: from now on only what a caller has still to take, and nobody joins.
bool Run::open_window() {
  if (!visible_) return false;
  world_.owner.let_go_of_held();
  if (spool_->is_open()) world_.owner.retire(*this);
  spool_->end_segment();
  for (Caller& caller : waiting_) spool_->pass(caller.cursor_);
  return true;
}

void Run::wait_for_room() {
  if (!full_since_) full_since_ = world_.clock.now();
  if (!room_timer_) room_timer_ = world_.clock.after(kRoomDelay, [this] { look_for_room(); });
}

void Run::look_for_room() {
  room_timer_.reset();
  if (!process_ || !full_since_) return;
  const auto self = shared_from_this();
  if (!spool_->shortage()) make_way();
  if (spool_->shortage() && world_.clock.now() - *full_since_ >= world_.stall_timeout) {
    fail(*spool_->shortage());
  } else if (!spool_->shortage() && !spool_->has_allowance()) {
    return wait_for_room();
  }
  if (process_) process_->resume();
}

void Run::resume_if_room() {
  if (!full_since_ || !process_ || spool_->shortage() || !spool_->has_allowance()) return;
  process_->resume();
}

/// Where some wait for more, those that take nothing for too long are let go.
void Run::make_way() {
  const bool awaited = !waiting_.empty() || busy_.empty();
  if (!awaited) return;
  if (spool_->is_held_up_by_others()) return world_.owner.make_way(*this);
  dismiss_stalled("while others wait for more (see reduced --stall-timeout)");
}

void Run::dismiss_stalled(const char* why) {
  const auto self = shared_from_this();
  const TimePoint latest = world_.clock.now() - world_.stall_timeout;
  for (auto next = busy_.begin(); next != busy_.end();) {
    Caller& caller = *next++;
    if (caller.moved_ > latest) continue;
    caller.dismiss("no output was taken for " + format_duration(world_.stall_timeout) + " " + why);
  }
}

void Run::ended(const ProcessEnd& end) {
  cpu_ += end.cpu;
  if (failure_) return finish(std::move(*failure_));
  if (timed_out_) return finish(TimedOut{killed_});
  try_ended(std::visit([](const auto& how) { return Outcome(how); }, end.how));
}

void Run::try_ended(Outcome outcome) {
  const bool again = tries_left_ > 0 && state_ == State::running && !interrupted_ &&
                     !is_success(outcome) && !std::holds_alternative<Broken>(outcome);
  if (!again) return finish(std::move(outcome));
  process_.reset();
  retry_timer_ =
      world_.clock.after(options().retry_delay.value_or(Duration::zero()), [this] { retry(); });
}

void Run::retry() {
  retry_timer_.reset();
  --tries_left_;
  // Nobody has been told of the failed try's output: it has never been.
  const bool joinable = spool_->is_open();
  spool_.emplace(world_.store);
  for (Callers* callers : {&waiting_, &busy_}) {
    for (Caller& caller : *callers) caller.cursor_ = spool_->begin();
  }
  if (!joinable) spool_->close_beginning();
  world_.owner.retried(*this);
  start_try();
}

void Run::finish(Outcome outcome) {
  const auto self = shared_from_this();
  outcome_ = std::move(outcome);
  duration_ = age();
  visible_ = true;
  world_.owner.retire(*this);
  state_ = State::ended;
  timeout_timer_.reset();
  retry_timer_.reset();
  linger_timer_.reset();
  room_timer_.reset();
  busy_.splice(busy_.end(), waiting_);
  tell(busy_);
  let_go_of_output();
  // Where SIGKILL is still to come, the process object goes on to hold the group's id.
  if (!kill_timer_) process_.reset();
  world_.owner.ended(*this);
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
