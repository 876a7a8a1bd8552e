#include "client/client.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "base/exit_status.hpp"
#include "base/socket_path.hpp"
#include "base/standard_descriptors.hpp"
#include "client/conversation.hpp"
#include "client/depth.hpp"
#include "client/direct.hpp"
#include "client/early_request.hpp"
#include "client/ending.hpp"
#include "client/input.hpp"
#include "client/patience.hpp"
#include "client/reach_daemon.hpp"
#include "client/report.hpp"
#include "client/say.hpp"

namespace reduce {
namespace {

Fallback fallback_of(Remedy remedy) {
  switch (remedy) {
    case Remedy::try_again:
    case Remedy::run_direct:
      return Fallback::run_direct;
    case Remedy::step_aside:
      return Fallback::step_aside;
    case Remedy::give_up:
      break;
  }
  return Fallback::give_up;
}

/// A call and what this process holds for it.
struct Own {
  const Call& call;
  Input& input;
  CaughtSignals& signals;
};

void report(const Call& call, const Report& what) {
  if (call.settings.report) write_report(*call.settings.report, what);
}

int run_unshared(const Call& call) {
  // With REDUCE_OFF nothing shows that this was here.
  if (!call.off) go_deeper();
  if (!call.settings.report) return run_direct(call.words);
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = run_and_wait(call.words);
  report(call, {std::nullopt, outcome, std::chrono::steady_clock::now() - begin});
  end_as(outcome, call.words[0]);
}

int give_up(const Call& call, const std::string& reason) {
  report(call, {std::nullopt, Broken{reason}, {}});
  say(reason);
  return kExitOwnFailure;
}

int do_without(const Own& own, const NoDaemon& why) {
  const Call& call = own.call;
  if (why.fallback == Fallback::give_up || call.settings.require_daemon.value_or(false)) {
    return give_up(call, why.reason);
  }
  const bool silent =
      why.fallback == Fallback::step_aside && !call.settings.verbose.value_or(false);
  if (!silent) say(why.reason + "; running the command directly");
  own.input.put_back();
  own.signals.release();
  return run_unshared(call);
}

[[noreturn]] void conclude_as_run(const Call& call, const Input& input, const Ending& ending) {
  if (input.is_left_unread() && !call.settings.quiet.value_or(false)) {
    say("standard input was not read; use --stdin=pass to give it to the command");
  }
  report(call, {ending.attached, ending.outcome, ending.duration});
  end_as(ending.outcome, call.words[0]);
}

/// The ends that are this caller's alone, the run's still to come or unknown.
struct OwnEnd {
  Outcome outcome;
  int status = kExitOwnFailure;  ///< to exit with where the outcome is Broken
};

bool is_ignored(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

std::optional<OwnEnd> own_end_of(const Call& call, const Conclusion& conclusion) {
  if (const auto* leave = std::get_if<Leave>(&conclusion)) {
    return OwnEnd{Signaled{leave->signal}};
  }
  if (const auto* failed = std::get_if<OutputFailed>(&conclusion)) {
    if (failed->error == EPIPE) return OwnEnd{Signaled{SIGPIPE}};
    if (failed->error == EFBIG && !is_ignored(SIGXFSZ)) return OwnEnd{Signaled{SIGXFSZ}};
    return OwnEnd{Broken{system_error("cannot write the command's output", failed->error).text}};
  }
  if (std::holds_alternative<WaitedTooLong>(conclusion)) {
    const std::string time = format_duration(*call.settings.wait_timeout);
    return OwnEnd{Broken{"waited for " + time + " in vain"}, kExitWaitTimeout};
  }
  if (const auto* lost = std::get_if<Lost>(&conclusion)) return OwnEnd{Broken{lost->reason}};
  return std::nullopt;
}

/// `attached` and `age` are of the conversation, if there was one.
int conclude(const Own& own, const Conclusion& conclusion,
             const std::optional<Attached>& attached = {}, Duration age = {}) {
  const Call& call = own.call;
  if (const auto* ending = std::get_if<Ending>(&conclusion)) {
    conclude_as_run(call, own.input, *ending);
  }
  if (const auto* declined = std::get_if<Declined>(&conclusion)) {
    return do_without(own, {fallback_of(declined->remedy), declined->reason});
  }
  if (std::holds_alternative<WaitedTooLong>(conclusion) &&
      call.settings.on_wait_timeout == OnWaitTimeout::run) {
    const std::string time = format_duration(*call.settings.wait_timeout);
    return do_without(own, {Fallback::run_direct, "waited for " + time});
  }
  const auto end = own_end_of(call, conclusion);
  report(call, {attached, end->outcome, age, end->status});
  if (const auto* signaled = std::get_if<Signaled>(&end->outcome)) end_by_signal(signaled->signal);
  say(std::get<Broken>(end->outcome).reason);
  return end->status;
}

bool asks_for_another(const Conclusion& conclusion) {
  if (std::holds_alternative<Unserved>(conclusion)) return true;
  const auto* declined = std::get_if<Declined>(&conclusion);
  return declined != nullptr && declined->remedy == Remedy::try_again;
}

int ask_for(const Own& own, const std::string& path, bool is_early) {
  const Call& call = own.call;
  Patience patience(own.signals, call.settings.wait_timeout);
  const bool may_start = !call.settings.no_start.value_or(false);
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const bool sent = is_early && attempt == 0;
    auto reached = sent ? UniqueFd(early_request.socket) : reach_daemon(path, may_start, patience);
    if (const auto end = conclusion_of(patience)) return conclude(own, *end);
    if (const auto* none = std::get_if<NoDaemon>(&reached)) return do_without(own, *none);
    Conversation conversation(std::move(std::get<UniqueFd>(reached)), own.signals, patience);
    const Conclusion conclusion = conversation.run(call, own.input, sent);
    if (!asks_for_another(conclusion)) {
      return conclude(own, conclusion, conversation.attached(), conversation.age());
    }
  }
  return do_without(own, {Fallback::run_direct, "no daemon stays at " + path});
}

}  // namespace

int carry_out(const Call& call) {
  if (call.off) return run_unshared(call);
  const auto path = choose_socket(call.socket, ::geteuid());
  if (!path) return give_up(call, path.error().text);
  static_cast<void>(fill_standard_descriptors(O_PATH | O_CLOEXEC));
  const InputMode mode = call.settings.input.value_or(InputMode::automatic);
  Input input(mode);
  const auto taken = input.take();
  const bool is_early = early_request.socket >= 0;
  CaughtSignals signals =
      is_early ? CaughtSignals(UniqueFd(early_request.signals), early_request.signals_before)
               : CaughtSignals();
  if (call.settings.report) signals.hold_write_signals();
  const Own own{call, input, signals};
  if (!taken) {
    const bool is_whole = mode != InputMode::pass;
    return do_without(own,
                      {is_whole ? Fallback::run_direct : Fallback::give_up, taken.error().text});
  }
  return ask_for(own, *path, is_early);
}

}  // namespace reduce
