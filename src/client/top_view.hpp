#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/shown.hpp"
#include "client/terminal.hpp"

namespace reduce {

/// What `--top` shows: made of the daemon's answers, drawn for a size. It knows no terminal.
class TopView {
 public:
  /// `ascii`: the terminal shows nothing else.
  explicit TopView(bool ascii) : ascii_(ascii) {}

  /// The answer to `list`, at `now` seconds of a clock that goes evenly.
  void take_list(const std::string& answer, double now);
  /// The answer to `stats`.
  void take_stats(const std::string& answer);
  /// There is no answer; `why` is shown until there is one.
  void lose(const std::string& why);
  /// What is shown may be old: `why` is, in the place of the totals, until there is an answer.
  void doubt(const std::string& why) { trouble_ = why; }
  /// One line in the place of the help.
  void notice(std::string text) { notice_ = std::move(text); }

  /// Selects the next run or the one before.
  void move(int by);
  /// Nothing where nothing was selected, or that run is gone: another never takes its place.
  std::optional<std::uint64_t> selected() const { return selected_; }

  /// All of a screen, as the bytes that draw it.
  std::string draw(Terminal::Size size) const;

 private:
  struct Flight {
    std::uint64_t id = 0, callers = 0, output = 0;
    double age = 0;
    std::optional<double> rate;  ///< bytes a second
    std::string state, command;
  };
  /// How much a run had written, and when.
  struct Measured {
    double at = 0;
    std::uint64_t output = 0;
    std::optional<double> rate;
  };
  struct Line {
    Fitted text;
    const char* look = "";  ///< the sequence before it
  };

  void measure(Flight& flight, double now);
  std::size_t position() const;
  std::string line_of(const Flight& flight) const;
  std::vector<Line> lines(Terminal::Size size) const;

  const bool ascii_;
  std::vector<Flight> flights_;
  std::unordered_map<std::uint64_t, Measured> measured_;
  std::string totals_, saved_, trouble_, notice_;
  std::optional<std::uint64_t> selected_;
  std::size_t last_position_ = 0;  ///< of what was selected
};

}  // namespace reduce
