#include <chrono>

#include "client/conversation.hpp"
#include "client/daemon_checks.hpp"

namespace reduce {
namespace {

using State = Finding::State;

constexpr auto kPatience = std::chrono::seconds(5);
/// Whatever takes longer than that makes people leave the prefix out.
constexpr auto kSlow = std::chrono::seconds(1);

/// The call of `true`, as `reduce-run --require-daemon --no-join true` makes it.
struct Attempt {
  Conclusion conclusion;
  Duration duration;
};
Attempt call_true(UniqueFd socket) {
  char name[] = "true";
  char* words[] = {name, nullptr};
  Call call;
  call.words = words;
  call.settings.no_join = true;
  call.settings.quiet = true;
  call.settings.wait_timeout = kPatience;
  Input input(InputMode::none);
  static_cast<void>(input.take());
  CaughtSignals signals;
  Patience patience(signals, call.settings.wait_timeout);
  Conversation conversation(std::move(socket), signals, patience);
  Conclusion conclusion = conversation.run(call, input, false);
  return {std::move(conclusion), conversation.age()};
}

constexpr const char* kStartAnew =
    "end the daemon with `reduce-run --stop`: the next call starts one";

Finding failed(const std::string& why, const std::string& advice = kStartAnew) {
  return {"call", State::bad, "`true` was not run: " + why, advice};
}

Finding check_ending(const Ending& ending, Duration duration) {
  const auto* exited = std::get_if<Exited>(&ending.outcome);
  if (const auto* missed = std::get_if<NotExecuted>(&ending.outcome)) {
    return {"call", State::note, system_error("`true`", missed->error).text,
            "put the folder of `true` into PATH"};
  }
  if (exited == nullptr || exited->code != 0) return failed("it did not exit with status 0");
  const std::string text = "`true` was run by the daemon in " + format_duration(duration);
  if (duration > kSlow)
    return {"call", State::note, text, "look for what keeps the machine or the daemon busy"};
  return {"call", State::ok, text, {}};
}

/// What the daemon says of a caller that it does not serve: it is in another sandbox, or may do
/// more than the daemon.
Findings declined(const Declined& refusal) {
  if (refusal.remedy != Remedy::step_aside)
    return {failed(refusal.reason, "try again, or raise the bound that is named")};
  return {{"sandbox", State::note, refusal.reason,
           "name another socket with REDUCE_SOCKET, for calls from here: now they run directly"},
          {"call", State::ok, "none: it would run directly", {}}};
}

Findings judge(const Attempt& attempt) {
  if (const auto* refusal = std::get_if<Declined>(&attempt.conclusion)) return declined(*refusal);
  if (const auto* ending = std::get_if<Ending>(&attempt.conclusion)) {
    return {{"sandbox", State::ok, "the same as the daemon's", {}},
            check_ending(*ending, attempt.duration)};
  }
  if (const auto* lost = std::get_if<Lost>(&attempt.conclusion)) return {failed(lost->reason)};
  if (std::holds_alternative<WaitedTooLong>(attempt.conclusion)) {
    return {failed("no answer within " + format_duration(kPatience))};
  }
  return {failed("the daemon ended, or the call was interrupted")};
}

}  // namespace

Findings examine_call(const Contact& contact) {
  if (!contact.peer) return {{"call", State::ok, "none was tried: no daemon is there", {}}};
  if (contact.is_silent)
    return {failed("the daemon does not answer", "see what is said of the daemon")};
  auto connected = connect_to(contact.socket);
  if (!connected) return {failed(connected.error().text)};
  return judge(call_true(std::move(*connected)));
}

}  // namespace reduce
