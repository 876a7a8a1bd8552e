// What --top shows: lines that begin with a letter for what the rest of it is.
//   l answer to list   s answer to stats   e why there is none   n a notice   k keys   w window
#include <algorithm>

#include "client/top_view.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

/// The sequences of ours taken out.
std::string without_sequences(std::string_view frame) {
  std::string text;
  while (!frame.empty()) {
    const std::size_t begin = std::min(frame.find("\x1b["), frame.size());
    text += frame.substr(0, begin);
    frame.remove_prefix(begin);
    if (frame.empty()) break;
    const std::size_t end = frame.find_first_not_of("0123456789;", 2);
    EXPECT(end != std::string_view::npos);
    EXPECT(std::string_view("HmK").find(frame[end]) != std::string_view::npos);
    frame.remove_prefix(end + 1);
  }
  return text;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

void check_frame(const TopView& view, Terminal::Size size, bool ascii) {
  const std::string frame = view.draw(size);
  EXPECT(count(frame, ";1H") == size.rows);
  const std::string text = without_sequences(frame);
  EXPECT(fuzz::is_visible(text));
  EXPECT(text.size() <= size.rows * size.columns * (ascii ? 1 : 12));
}

void press(TopView& view, std::string_view bytes) {
  KeyReader keys;
  for (const char byte : bytes) {
    const Key key = keys.take(byte);
    if (key == Key::up || key == Key::down) {
      view.move(key == Key::up ? -1 : 1);
    } else if (key == Key::kill && view.selected()) {
      view.notice("kill " + std::to_string(*view.selected()));
    }
  }
}

}  // namespace

FUZZ_TARGET(top) {
  const bool ascii = input.starts_with('#');
  TopView view(ascii);
  Terminal::Size size;
  double now = 0;
  while (!input.empty()) {
    const std::string_view line = fuzz::take_line(input);
    if (line.empty()) continue;
    const std::string rest(line.substr(1));
    if (line[0] == 'l') view.take_list(rest, now += 0.3);
    if (line[0] == 's') view.take_stats(rest);
    if (line[0] == 'e') view.lose(rest);
    if (line[0] == 'n') view.notice(rest);
    if (line[0] == 'k') press(view, rest);
    if (line[0] == 'w' && rest.size() >= 2) {
      size = {static_cast<unsigned char>(rest[0]) % 20 + 1U,
              static_cast<unsigned char>(rest[1]) % 100 + 1U};
    }
    check_frame(view, size, ascii);
  }
}
