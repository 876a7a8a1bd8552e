#include "client/top_view.hpp"

#include "support/catch.hpp"

using namespace reduce;

namespace {

std::string run_of(int id, int output = 0, const std::string& command = "make") {
  return R"({"id": )" + std::to_string(id) + R"(, "argv": [")" + command +
         R"("], "age_seconds": 1.5, "callers": 2, "output_bytes": )" + std::to_string(output) +
         R"(, "state": "running"})";
}

std::string list_of(const std::vector<std::string>& runs) {
  std::string text;
  for (const std::string& run : runs) text += (text.empty() ? "" : ",") + run;
  return R"({"runs": [)" + text + "]}";
}

/// A screen without the sequences of its lines' looks.
std::vector<std::string> screen_of(const TopView& view, std::size_t rows, std::size_t columns) {
  std::vector<std::string> lines;
  const std::string frame = view.draw({rows, columns});
  for (std::size_t at = 0; at < frame.size();) {
    if (frame[at] != '\x1b') {
      lines.back() += frame[at++];
      continue;
    }
    const std::size_t end = frame.find_first_of("HKm", at);
    if (frame[end] == 'H') lines.emplace_back();
    at = end + 1;
  }
  return lines;
}

std::string text_of(const TopView& view, std::size_t rows = 24, std::size_t columns = 80) {
  std::string text;
  for (const std::string& line : screen_of(view, rows, columns)) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("A view has as many lines as its window, and none is wider") {
  TopView view(false);
  view.take_stats(R"({"total": 3, "running": 30})");
  std::vector<std::string> runs;
  for (int id = 1; id <= 30; ++id) runs.push_back(run_of(id, 0, std::string(300, 'x')));
  view.take_list(list_of(runs), 1);
  for (std::size_t rows = 1; rows <= 40; ++rows) {
    for (const std::size_t columns : {1, 2, 7, 80, 400}) {
      const auto lines = screen_of(view, rows, columns);
      CHECK(lines.size() == rows);
      for (const std::string& line : lines) CHECK(line.size() <= columns);
    }
  }
}

TEST_CASE("What is selected stays so as runs come and go, and is in sight") {
  TopView view(false);
  std::vector<std::string> runs;
  for (int id = 1; id <= 30; ++id) runs.push_back(run_of(id));
  view.take_list(list_of(runs), 1);
  CHECK_FALSE(view.selected());
  for (int n = 0; n < 20; ++n) view.move(1);
  CHECK(view.selected() == 20);
  CHECK(view.draw({10, 80}).find("\x1b[7m    20 running") != std::string::npos);
  runs.erase(runs.begin(), runs.begin() + 10);
  view.take_list(list_of(runs), 2);
  CHECK(view.selected() == 20);
  view.move(-1);
  CHECK(view.selected() == 19);
  for (int n = 0; n < 50; ++n) view.move(1);
  CHECK(view.selected() == 30);
}

TEST_CASE("No other run takes the place of a selected one that ended") {
  TopView view(false);
  view.take_list(list_of({run_of(1), run_of(2), run_of(3)}), 1);
  view.move(1);
  view.move(1);
  CHECK(view.selected() == 2);
  view.take_list(list_of({run_of(1), run_of(3)}), 2);
  CHECK_FALSE(view.selected());
  view.move(1);
  CHECK(view.selected() == 3);
}

TEST_CASE("The rate of output is what came since the last look, by time") {
  TopView view(false);
  view.take_list(list_of({run_of(1, 1000)}), 1);
  CHECK(text_of(view).find("/s") == std::string::npos);
  view.take_list(list_of({run_of(1, 5096)}), 3);
  CHECK(text_of(view).find("2.0K/s") != std::string::npos);
  view.take_list(list_of({run_of(1, 9999)}), 3.1);
  CHECK(text_of(view).find("2.0K/s") != std::string::npos);
}

TEST_CASE("A command's control characters are none, and wide ones take two columns") {
  CHECK(fit("a\x1b[2J\n\x7f", 80).text == "a?[2J??");
  CHECK(fit("\xc2\x9b"
            "31m\xe2\x80\xae",
            80)
            .text == "?31m?");
  CHECK(fit("\xff\xc0\xaf\xe2\x82", 80).text == "?????");
  CHECK(fit("\u65e5\u672c", 3).text == "\u65e5");
  CHECK(fit("\u65e5\u672c", 4).columns == 4);
  CHECK(fit("e\u0301x", 1).text == "e\u0301");
  CHECK(fit("\u00e9x", 80, true).text == "?x");
}

TEST_CASE("A view without a daemon says so, and goes on with the next answer") {
  TopView view(false);
  view.take_list(list_of({run_of(1)}), 1);
  view.lose("no daemon serves /x");
  CHECK(text_of(view).starts_with("no daemon serves /x"));
  CHECK(text_of(view).find("make") == std::string::npos);
  view.take_list(list_of({run_of(1)}), 2);
  CHECK(text_of(view).find("make") != std::string::npos);
  CHECK(text_of(view).find("no daemon") == std::string::npos);
}

TEST_CASE("Answers that are none do no harm") {
  TopView view(false);
  for (const char* answer : {"", "[]", "{}", R"({"runs": 1})", R"({"runs": [1, {}, {"id": "x"}]})",
                             R"({"runs": [{"id": 1, "argv": 5, "age_seconds": 1e300}]})"}) {
    view.take_list(answer, 1);
    view.take_stats(answer);
    CHECK(screen_of(view, 24, 80).size() == 24);
  }
}

TEST_CASE("Keys are read one byte after the other") {
  KeyReader keys;
  std::vector<Key> read;
  for (const char byte : std::string("\x1b[A\x1bOBjkxKfz\x1b[1;5A\x1b[5~q")) {
    const Key key = keys.take(byte);
    if (key != Key::none) read.push_back(key);
  }
  CHECK(read == std::vector<Key>{Key::up, Key::down, Key::down, Key::up, Key::kill, Key::kill,
                                 Key::forget, Key::up, Key::quit});
}
