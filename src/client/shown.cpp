#include "client/shown.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/duration.hpp"

namespace reduce {
namespace {

bool is_plain(unsigned char byte) {
  return byte > ' ' && byte != '\'' && byte != '"' && byte != '\\' && byte != 0x7f;
}

/// 285 years: more is no duration.
constexpr double kMostSeconds = 9e9;

struct Range {
  char32_t first, last;
};
template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges), [code](const Range& range) {
    return range.first <= code && code <= range.last;
  });
}

/// Control characters, marks of direction, what is no character.
constexpr Range kHidden[] = {{0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},
                             {0x61c, 0x61c},   {0x200b, 0x200f}, {0x2028, 0x202e},
                             {0x2060, 0x206f}, {0xd800, 0xdfff}, {0xfeff, 0xfeff},
                             {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe0fff}};
/// Marks that go onto the character before them.
constexpr Range kCombining[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
/// East Asian Wide and Fullwidth (UAX #11), and what terminals draw as pictures.
constexpr Range kWide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23f3},   {0x25fd, 0x25fe},
    {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x2705, 0x2705},
    {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2757},
    {0x2795, 0x2797},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18cff},
    {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f19a},
    {0x1f200, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};

/// Takes one character off the front; U+FFFF for a broken byte.
char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text[0]);
  std::size_t size = 1;
  if (first >= 0xf0 && first < 0xf8) {
    size = 4;
  } else if (first >= 0xe0) {
    size = 3;
  } else if (first >= 0xc0) {
    size = 2;
  }
  const bool is_lead = first < 0x80 || (first >= 0xc2 && first < 0xf5);
  char32_t code = size == 1 ? first : first & (0x7fU >> size);
  bool sound = is_lead && size <= text.size();
  for (std::size_t at = 1; sound && at < size; ++at) {
    const auto next = static_cast<unsigned char>(text[at]);
    sound = (next & 0xc0) == 0x80;
    code = code << 6 | (next & 0x3f);
  }
  constexpr char32_t shortest[] = {0, 0, 0x80, 0x800, 0x10000};
  sound = sound && code >= shortest[size] && code <= 0x10ffff;
  text.remove_prefix(sound ? size : 1);
  return sound ? code : 0xffff;
}

}  // namespace

std::string in_seconds(double value) {
  const std::chrono::duration<double> bounded(std::clamp(value, 0.0, kMostSeconds));
  return format_duration(std::chrono::duration_cast<Duration>(bounded));
}

std::string in_bytes(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "K", "M", "G", "T"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 10 ? "%.0f%s" : "%.1f%s", value,
                units[unit]);
  return text;
}

std::string quoted(const std::string& word) {
  bool plain = !word.empty();
  std::string shown;
  for (const char byte : word) {
    const auto code = static_cast<unsigned char>(byte);
    plain = plain && is_plain(code);
    if (byte == '\'') {
      shown += "'\\''";
    } else {
      shown += code < ' ' || code == 0x7f ? '?' : byte;
    }
  }
  return plain ? shown : "'" + shown + "'";
}

std::string command_line_of(const nlohmann::ordered_json& argv) {
  std::string line;
  if (!argv.is_array()) return line;
  for (const auto& word : argv) {
    if (!word.is_string()) continue;
    if (!line.empty()) line += ' ';
    line += quoted(word.get_ref<const std::string&>());
  }
  return line;
}

Fitted fit(std::string_view text, std::size_t columns, bool ascii) {
  Fitted fitted;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t code = take_character(text);
    const bool hidden = is_in(kHidden, code) || (ascii && code > 0x7e);
    const bool combining = !hidden && is_in(kCombining, code);
    std::size_t width = !hidden && is_in(kWide, code) ? 2 : 1;
    if (combining) width = 0;
    if (fitted.columns + width > columns) break;
    fitted.columns += width;
    if (hidden) {
      fitted.text += '?';
    } else {
      fitted.text.append(before.substr(0, before.size() - text.size()));
    }
  }
  return fitted;
}

}  // namespace reduce
