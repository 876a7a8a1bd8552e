// Bytes of others as a terminal, a shell or a browser is shown them. The first byte: how many
// columns there are, and whether only ASCII is shown.
#include "client/shown.hpp"

#include <nlohmann/json.hpp>

#include "client/picture.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

using Json = nlohmann::ordered_json;

void check_fitted(std::string_view text, std::size_t columns, bool ascii) {
  const Fitted fitted = fit(text, columns, ascii);
  EXPECT(fitted.columns <= columns);
  EXPECT(fuzz::is_visible(fitted.text));
  EXPECT(!Json(fitted.text).dump().empty());  // throws where it is no UTF-8
  if (ascii) {
    for (const char byte : fitted.text) EXPECT(static_cast<unsigned char>(byte) < 0x7f);
  }
  const Fitted again = fit(fitted.text, columns, ascii);
  EXPECT(again.text == fitted.text && again.columns == fitted.columns);
  EXPECT(fit(text, columns / 2, ascii).text.size() <= fitted.text.size());
}

/// As a shell reads it: the word comes back, but for what a terminal would obey.
std::string unquoted(std::string_view shown) {
  std::string word;
  bool inside = false;
  for (std::size_t at = 0; at < shown.size(); ++at) {
    if (shown[at] == '\'') {
      inside = !inside;
    } else if (shown[at] == '\\' && !inside) {
      EXPECT(++at < shown.size());
      word += shown[at];
    } else {
      word += shown[at];
    }
  }
  EXPECT(!inside);
  return word;
}

void check_quoted(const std::string& word) {
  const std::string shown = quoted(word);
  EXPECT(!shown.empty() && fuzz::is_visible(shown));
  const std::string back = unquoted(shown);
  EXPECT(back.size() == word.size());
  for (std::size_t at = 0; at < word.size(); ++at) {
    EXPECT(back[at] == word[at] || (back[at] == '?' && !fuzz::is_visible(word.substr(at, 1))));
  }
}

void check_xml(std::string_view text) {
  std::string escaped = in_xml(text);
  EXPECT(escaped.find_first_of("<>\"'") == std::string::npos);
  EXPECT(fuzz::is_visible(escaped, "\n\t\x7f"));
  EXPECT(escaped.size() >= text.size());
}

}  // namespace

FUZZ_TARGET(shown) {
  if (input.empty()) return;
  const auto first = static_cast<unsigned char>(input[0]);
  const std::string_view text = input.substr(1);
  check_fitted(text, first / 2, first % 2 == 1);
  check_quoted(std::string(text));
  check_xml(text);
  const Json argv = {text, 7, nullptr, text};
  EXPECT(command_line_of(argv) == quoted(std::string(text)) + " " + quoted(std::string(text)));
}
