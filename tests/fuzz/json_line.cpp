// What callers sent, put into events as text: each line is a member's value.
#include "hooks/json_line.hpp"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "target.hpp"

using namespace reduce;

namespace {

using Json = nlohmann::ordered_json;

/// Bytes that are no UTF-8 are replaced, as the library does it.
Json expected(std::string_view bytes) {
  return Json::parse(Json(bytes).dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// A time or a duration, of those that there can be.
double number_of(std::string_view bytes) {
  std::int64_t nanoseconds = 0;
  if (bytes.size() >= sizeof nanoseconds)
    std::memcpy(&nanoseconds, bytes.data(), sizeof nanoseconds);
  return static_cast<double>(nanoseconds) / 1e9;
}

}  // namespace

FUZZ_TARGET(json_line) {
  std::vector<std::string_view> values;
  for (std::string_view rest = input; !rest.empty();) values.push_back(fuzz::take_line(rest));
  JsonLine line, members;
  line.add_all("all", values);
  members.add("number", number_of(input));
  members.add("whole", input.size());
  members.add("text", input);
  line.add_members(members);
  const std::string text = line.text();
  EXPECT(text.find('\n') == std::string::npos);
  const Json json = Json::parse(text, nullptr, false);
  EXPECT(json.is_object() && json["all"].size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT(json["all"][i] == expected(values[i]));
  EXPECT(json["text"] == expected(input));
  EXPECT(std::abs(json["number"].get<double>() - number_of(input)) <= 1e-9);
  EXPECT(json["whole"].get<std::size_t>() == input.size());
}
