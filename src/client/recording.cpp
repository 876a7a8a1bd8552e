#include "client/recording.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "base/exit_status.hpp"
#include "client/asked.hpp"
#include "client/caught_signals.hpp"
#include "client/ending.hpp"
#include "client/picture.hpp"
#include "client/say.hpp"
#include "client/trace_format.hpp"
#include "client/whole_file.hpp"

namespace reduce {
namespace {

using Clock = std::chrono::steady_clock;

/// How long the daemon may take to tell the last of it.
constexpr auto kPatience = std::chrono::seconds(1);
/// Messages between two looks at the signals, and those that are still taken at the end.
constexpr int kAtOnce = 64, kAtTheEnd = 100'000;

double time_of_day() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void take_lines(Timeline& timeline, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t size = lines.find('\n');
    timeline.take(lines.substr(0, size));
    lines.remove_prefix(size == std::string_view::npos ? lines.size() : size + 1);
  }
}

/// One who listens, from the first event to the end of its time.
class Recorder {
 public:
  Recorder(const Question& question, Asked events, Asked readiness, CaughtSignals& signals)
      : question_(question),
        events_(std::move(events)),
        readiness_(std::move(readiness)),
        signals_(signals),
        begin_(Clock::now()) {}

  /// The signal that is to end this process; 0 where it is to write what there is.
  Result<int> listen(Timeline& timeline) {
    for (;;) {
      std::array<pollfd, 3> asked{{{events_.descriptor(), POLLIN, 0},
                                   {signals_.descriptor(), POLLIN, 0},
                                   {ready_ ? -1 : readiness_.descriptor(), POLLIN, 0}}};
      const int left = time_left();
      if (::poll(asked.data(), asked.size(), behind_ ? 0 : left) < 0 && errno != EINTR) {
        return system_error("poll");
      }
      if (asked[2].revents != 0) say_ready();
      const auto signal = asked[1].revents != 0 ? signals_.take() : std::nullopt;
      if (signal == SIGQUIT) return *signal;
      if (signal || left == 0) return hear_rest(timeline);
      const auto more = hear(timeline, kAtOnce);
      if (!more) return more.error();
      if (!*more) return 0;
    }
  }

 private:
  /// As poll(2) takes it.
  int time_left() const {
    if (!question_.duration) return -1;
    const auto left = *question_.duration - (Clock::now() - begin_);
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return static_cast<int>(std::clamp<std::int64_t>(whole, 0, std::numeric_limits<int>::max()));
  }

  /// What has happened until now, if the daemon tells it in time.
  Result<int> hear_rest(Timeline& timeline) {
    events_.ask_no_more();
    const auto give_up = Clock::now() + kPatience;
    for (;;) {
      const auto more = hear(timeline, kAtTheEnd);
      if (!more) return more.error();
      if (!*more) return 0;
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(give_up - Clock::now()).count();
      pollfd asked{events_.descriptor(), POLLIN, 0};
      if (left <= 0 || ::poll(&asked, 1, static_cast<int>(left)) <= 0) return 0;
    }
  }

  /// What was asked after the events is answered: from now on nothing is missed.
  void say_ready() {
    std::string answer;
    const auto heard = readiness_.hear(answer, MSG_DONTWAIT);
    if (heard && *heard == Asked::Hearing::nothing) return;
    ready_ = true;
    const bool is_bounded = question_.duration.has_value();
    say("recording to " + question_.argument +
        (is_bounded ? " for " + format_duration(*question_.duration) : " until interrupted"));
  }

  /// Takes what has come, so many messages at most: more may come all the time. False where the
  /// daemon has ended.
  Result<bool> hear(Timeline& timeline, int most) {
    std::string lines;
    behind_ = false;
    for (int messages = 0; messages < most; ++messages) {
      const auto heard = events_.hear(lines, MSG_DONTWAIT);
      if (!heard) return heard.error();
      if (*heard == Asked::Hearing::end) return false;
      if (*heard == Asked::Hearing::nothing) return true;
      take_lines(timeline, lines);
    }
    behind_ = true;
    return true;
  }

  const Question& question_;
  Asked events_;
  Asked readiness_;
  CaughtSignals& signals_;
  const Clock::time_point begin_;
  bool ready_ = false;
  bool behind_ = false;  ///< more has come than was taken
};

int fail(const Error& error) {
  say(error.text);
  return kExitOwnFailure;
}

std::string summary_of(const Timeline::Totals& totals) {
  std::string text = std::to_string(totals.executed) + " runs and " +
                     std::to_string(totals.joined) + " joins recorded";
  if (totals.dropped > 0) text += ", " + std::to_string(totals.dropped) + " events lost";
  if (totals.not_kept > 0) text += ", " + std::to_string(totals.not_kept) + " too many to keep";
  return text;
}

}  // namespace

int record(const Question& question) {
  CaughtSignals signals;
  Timeline timeline(time_of_day());
  auto events = Asked::put(question.socket, {QueryKind::events, {}});
  if (!events) return fail(events.error());
  auto readiness = Asked::put(question.socket, {QueryKind::stats, {}});
  if (!readiness) return fail(readiness.error());
  int signal = 0;
  {
    auto file = WholeFile::open(question.argument);
    if (!file) return fail(file.error());
    Recorder recorder(question, std::move(*events), std::move(*readiness), signals);
    const auto end = recorder.listen(timeline);
    if (!end) return fail(end.error());
    signal = *end;
    if (signal == 0) {
      timeline.finish(time_of_day());
      const auto write = question.kind == Question::Kind::trace ? write_trace : write_picture;
      write(timeline, [&file](std::string_view text) { file->write(text); });
      if (auto written = file->finish(); !written) return fail(written.error());
    }
  }
  if (signal != 0) end_by_signal(signal);
  say(summary_of(timeline.totals()));
  return 0;
}

}  // namespace reduce
