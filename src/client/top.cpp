#include "client/top.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "base/exit_status.hpp"
#include "client/asked.hpp"
#include "client/caught_signals.hpp"
#include "client/ending.hpp"
#include "client/say.hpp"
#include "client/top_view.hpp"

namespace reduce {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPeriod = std::chrono::seconds(1);
/// An answer that has not come by then is missed.
constexpr auto kPatience = std::chrono::seconds(3);

/// locale(7): the first that is set and not empty tells what the terminal shows.
bool shows_ascii_only() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale = value;
    for (const char* word : {"UTF-8", "utf8", "utf-8", "UTF8"}) {
      if (locale.find(word) != std::string_view::npos) return false;
    }
    return true;
  }
  return true;
}

/// Stops this process as Ctrl-Z does, until it is continued.
void stop_here() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::raise(SIGTSTP);
  ::sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  ::sigprocmask(SIG_BLOCK, &stop, nullptr);
}

/// The view, what it is asked by keys, and what it asks the daemon. Nothing in it waits but poll().
class Top {
 public:
  Top(const Question& question, CaughtSignals& signals)
      : socket_(question.socket), signals_(signals), view_(shows_ascii_only()) {}

  Result<void> begin() {
    auto list = Asked::put(socket_, {QueryKind::list, {}});
    if (!list) return list.error();
    terminal_.enter();
    refresh();
    return {};
  }

  /// The signal that is to end this process; 0 for none.
  int run() {
    for (;;) {
      std::array<pollfd, 6> asked{{{signals_.descriptor(), POLLIN, 0},
                                   {STDIN_FILENO, POLLIN, 0},
                                   {descriptor_of(list_), POLLIN, 0},
                                   {descriptor_of(stats_), POLLIN, 0},
                                   {descriptor_of(order_), POLLIN, 0},
                                   {terminal_.is_behind() ? terminal_.output() : -1, POLLOUT, 0}}};
      ::poll(asked.data(), asked.size(), time_left());
      if (asked[0].revents != 0) {
        if (const int signal = take_signal(); signal != 0) return signal;
      }
      if (asked[1].revents != 0 && !take_keys()) return last_signal();
      if (asked[2].revents != 0) hear_list();
      if (asked[3].revents != 0) hear_stats();
      if (asked[4].revents != 0) hear_order();
      if (Clock::now() >= next_) refresh();
      if (changed_) terminal_.show(view_.draw(terminal_.size()));
      changed_ = false;
      if (!terminal_.flush()) return last_signal();
    }
  }

  void end() { terminal_.leave(); }

 private:
  using Maybe = std::optional<Asked>;

  static int descriptor_of(const Maybe& asked) { return asked ? asked->descriptor() : -1; }

  int time_left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
  }

  /// A terminal that is gone takes us along, by the signal that says so if there is one.
  int last_signal() {
    const auto signal = signals_.take();
    const bool ends = signal && *signal != SIGTSTP && *signal != SIGCONT && *signal != SIGWINCH;
    return ends ? *signal : 0;
  }

  int take_signal() {
    const auto signal = signals_.take();
    if (!signal) return 0;
    if (*signal == SIGTSTP) {
      terminal_.leave();
      stop_here();
    }
    if (*signal == SIGTSTP || *signal == SIGCONT) terminal_.enter();
    if (*signal == SIGTSTP || *signal == SIGCONT || *signal == SIGWINCH) {
      changed_ = true;
      refresh();
      return 0;
    }
    return *signal;
  }

  /// False where there will be no more, or the user quits.
  bool take_keys() {
    const auto bytes = terminal_.read_keys();
    if (!bytes) return false;
    for (const char byte : *bytes) {
      const Key key = keys_.take(byte);
      if (key == Key::quit) return false;
      if (key != Key::none) obey(key);
    }
    return true;
  }

  void obey(Key key) {
    changed_ = true;
    view_.notice({});
    if (key == Key::up || key == Key::down) {
      view_.move(key == Key::up ? -1 : 1);
    } else if (!view_.selected()) {
      view_.notice("no run is selected");
    } else if (order_) {
      view_.notice("the last order has not been answered yet");
    } else {
      const std::string run = std::to_string(*view_.selected());
      const QueryKind kind = key == Key::kill ? QueryKind::kill : QueryKind::forget;
      done_ = "run " + run + (key == Key::kill ? " is ended" : " is forgotten");
      put(order_, {kind, run});
    }
    refresh();
  }

  void put(Maybe& asked, const Query& query) {
    auto put = Asked::put(socket_, query);
    if (put) {
      asked.emplace(std::move(*put));
    } else {
      lose(put.error().text);
    }
  }

  void lose(const std::string& why) {
    changed_ = true;
    view_.lose(why);
    list_.reset();
    stats_.reset();
    order_.reset();
  }

  void refresh() {
    const auto now = Clock::now();
    next_ = now + kPeriod;
    if (list_ || stats_) {
      if (now - put_at_ < kPatience) return;
      // It may be stopped: what was asked is not asked again.
      changed_ = true;
      return view_.doubt("the daemon does not answer");
    }
    put_at_ = now;
    put(list_, {QueryKind::list, {}});
    if (list_) put(stats_, {QueryKind::stats, {}});
  }

  /// The answer, if it is there whole. What was asked is over then.
  std::optional<std::string> take_answer(Maybe& asked) {
    if (!asked) return std::nullopt;
    std::string answer;
    const auto heard = asked->hear(answer, MSG_DONTWAIT);
    if (heard && *heard == Asked::Hearing::nothing) return std::nullopt;
    asked.reset();
    changed_ = true;
    if (heard && *heard == Asked::Hearing::answer) return answer;
    lose(heard ? "the daemon has ended" : heard.error().text);
    return std::nullopt;
  }

  void hear_list() {
    if (const auto answer = take_answer(list_)) {
      view_.take_list(*answer,
                      std::chrono::duration<double>(Clock::now().time_since_epoch()).count());
    }
  }

  void hear_stats() {
    if (const auto answer = take_answer(stats_)) view_.take_stats(*answer);
  }

  /// Refused orders are no trouble of the daemon's.
  void hear_order() {
    if (!order_) return;
    std::string answer;
    const auto heard = order_->hear(answer, MSG_DONTWAIT);
    if (heard && *heard == Asked::Hearing::nothing) return;
    order_.reset();
    changed_ = true;
    view_.notice(heard ? done_ : heard.error().text);
    refresh();
  }

  const std::optional<std::string> socket_;
  CaughtSignals& signals_;
  TopView view_;
  Terminal terminal_;
  KeyReader keys_;
  Maybe list_, stats_, order_;
  std::string done_;  ///< what to say once the order is carried out
  Clock::time_point put_at_{}, next_{};
  bool changed_ = false;
};

}  // namespace

int show_top(const Question& question) {
  if (!Terminal::is_there()) {
    say("--top needs a terminal at standard input and output");
    return kExitOwnFailure;
  }
  CaughtSignals signals({SIGTSTP, SIGCONT, SIGWINCH});
  Top top(question, signals);
  if (auto begun = top.begin(); !begun) {
    say(begun.error().text);
    return kExitOwnFailure;
  }
  const int signal = top.run();
  top.end();
  if (signal != 0) end_by_signal(signal);
  return 0;
}

}  // namespace reduce
