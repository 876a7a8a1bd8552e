#include "client/top_view.hpp"

#include <algorithm>
#include <cstdio>

#include "client/json_members.hpp"

namespace reduce {
namespace {

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kDim = "\x1b[2m";
constexpr const char* kReverse = "\x1b[7m";
constexpr const char* kUsual = "\x1b[0m";
constexpr std::string_view kHelp = "up/down or j/k: select   x: kill   f: forget   q: quit";
/// A rate is taken over at least so many seconds.
constexpr double kShortestMeasure = 0.5;
/// Of a command, in columns: no terminal is wider.
constexpr std::size_t kLongestCommand = 2000;

std::string count(const Json& stats, const char* key) {
  return std::to_string(count_in(stats, key).value_or(0));
}

}  // namespace

void TopView::take_list(const std::string& answer, double now) {
  const Json list = Json::parse(answer, nullptr, false);
  if (!list.is_object()) return lose("the daemon's answer is no JSON");
  trouble_.clear();
  last_position_ = position();
  flights_.clear();
  for (const Json& run : list_in(list, "runs")) {
    const auto id = count_in(run, "id");
    if (!id) continue;
    Flight flight;
    flight.id = *id;
    flight.callers = count_in(run, "callers").value_or(0);
    flight.output = count_in(run, "output_bytes").value_or(0);
    flight.age = std::clamp(number_in(run, "age_seconds").value_or(0), 0.0, 9e9);
    flight.state = text_in(run, "state");
    flight.command = fit(command_line_of(member_in(run, "argv")), kLongestCommand, ascii_).text;
    measure(flight, now);
    flights_.push_back(std::move(flight));
  }
  std::erase_if(measured_, [&](const auto& measured) {
    return std::ranges::find(flights_, measured.first, &Flight::id) == flights_.end();
  });
  if (selected_ && std::ranges::find(flights_, *selected_, &Flight::id) == flights_.end()) {
    selected_.reset();
  }
}

void TopView::measure(Flight& flight, double now) {
  const auto [found, is_new] = measured_.try_emplace(flight.id, Measured{now, flight.output, {}});
  Measured& last = found->second;
  const double passed = now - last.at;
  if (!is_new && passed >= kShortestMeasure) {
    // A run that is tried again begins anew.
    const std::uint64_t more = flight.output > last.output ? flight.output - last.output : 0;
    last = {now, flight.output, static_cast<double>(more) / passed};
  }
  flight.rate = last.rate;
}

void TopView::take_stats(const std::string& answer) {
  const Json stats = Json::parse(answer, nullptr, false);
  if (!stats.is_object()) return;
  totals_ = "reduced: " + count(stats, "running") + " running, " + count(stats, "callers") +
            " callers   total " + count(stats, "total") + ", executed " + count(stats, "executed") +
            ", reduced " + count(stats, "reduced") + ", errors " + count(stats, "errors");
  const auto seconds = [&](const char* key) {
    return in_seconds(number_in(stats, key).value_or(0));
  };
  saved_ = "saved " + seconds("time_saved_seconds") + " of waiting, " +
           seconds("cpu_saved_seconds") + " of CPU";
}

void TopView::lose(const std::string& why) {
  trouble_ = why;
  last_position_ = position();
  flights_.clear();
  measured_.clear();
  selected_.reset();
}

/// Of what is selected, or was.
std::size_t TopView::position() const {
  if (!selected_) return last_position_;
  const auto found = std::ranges::find(flights_, *selected_, &Flight::id);
  return static_cast<std::size_t>(found - flights_.begin());
}

void TopView::move(int by) {
  if (flights_.empty()) return;
  const std::size_t last = flights_.size() - 1;
  std::size_t next = std::min(position(), last);
  // What is selected first is where the selection was, or the first.
  if (selected_ && by > 0) next = std::min(next + 1, last);
  if (selected_ && by < 0) next -= next > 0;
  selected_ = flights_[next].id;
  last_position_ = next;
}

std::string TopView::line_of(const Flight& flight) const {
  char text[128];
  const std::string rate =
      flight.rate ? in_bytes(static_cast<std::uint64_t>(*flight.rate)) + "/s" : "";
  std::snprintf(text, sizeof text, "%6llu %-8.8s %8s %7llu %7s %8s  ",
                static_cast<unsigned long long>(flight.id), flight.state.c_str(),
                in_seconds(flight.age).c_str(), static_cast<unsigned long long>(flight.callers),
                in_bytes(flight.output).c_str(), rate.c_str());
  return text + flight.command;
}

std::vector<TopView::Line> TopView::lines(Terminal::Size size) const {
  std::vector<Line> lines;
  const auto add = [&](std::string_view text, const char* look) {
    lines.push_back({fit(text, size.columns, ascii_), look});
  };
  // The smaller the window, the less beside the runs.
  const bool has_help = size.rows >= 3, has_head = size.rows >= 5, has_saved = size.rows >= 7;
  const std::string first = trouble_.empty() ? totals_ : trouble_;
  add(size.rows == 1 && !notice_.empty() ? notice_ : first, kBold);
  if (has_saved) add(trouble_.empty() ? saved_ : "", "");
  if (has_head) add("    ID STATE         AGE CALLERS  OUTPUT     RATE  COMMAND", kDim);
  const std::size_t room = size.rows - lines.size() - (has_help ? 1 : 0);
  const std::size_t at = std::min(position(), flights_.empty() ? 0 : flights_.size() - 1);
  const std::size_t from = at < room ? 0 : at - room + 1;
  for (std::size_t row = 0; row < room; ++row) {
    const std::size_t index = from + row;
    if (index >= flights_.size()) {
      add("", "");
    } else {
      add(line_of(flights_[index]), flights_[index].id == selected_ ? kReverse : "");
    }
  }
  if (!has_help) return lines;
  std::string last = notice_.empty() ? std::string(kHelp) : notice_;
  if (flights_.size() > room && notice_.empty()) {
    last = std::to_string(from + 1) + "-" + std::to_string(from + room) + " of " +
           std::to_string(flights_.size()) + "   " + last;
  }
  add(last, kDim);
  return lines;
}

std::string TopView::draw(Terminal::Size size) const {
  std::string frame;
  std::size_t row = 0;
  for (const Line& line : lines(size)) {
    frame += "\x1b[" + std::to_string(++row) + ";1H";
    frame.append(line.look).append(line.text.text);
    if (*line.look != '\0') frame += kUsual;
    // In the last column, erasing would take the character there.
    if (line.text.columns < size.columns) frame += "\x1b[K";
  }
  return frame;
}

}  // namespace reduce
