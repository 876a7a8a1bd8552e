#include "daemon/explain.hpp"

#include <nlohmann/json.hpp>

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

/// What may be shown of a part as it is.
std::string value_of(const NamedPart& part) {
  switch (part.part) {
    case Part::scope:
    case Part::manual:
    case Part::argument:
      return std::string(part.bytes);
    case Part::directory:
      return std::string(part.bytes.substr(0, part.bytes.find('\0')));
    case Part::unset:
      return "(unset)";
    default:
      return {};
  }
}

Json describe(const NamedPart& part, const std::string& key) {
  Json json = {{"name", part.name}, {"digest", digest_of(part.bytes, key)}};
  if (std::string value = value_of(part); !value.empty()) json["value"] = std::move(value);
  return json;
}

std::string_view program_of(const CommandView& command) {
  return *command.args.begin();
}

}  // namespace

std::string explain_json(const Reducer& reducer, const CommandView& command,
                         const Identity& identity, const std::string& key) {
  Json parts = Json::array();
  for (const NamedPart& part : parts_of(identity)) parts.push_back(describe(part, key));
  Json runs = Json::array();
  reducer.for_each_run([&](const Run& run) {
    if (program_of(run.command().view()) != program_of(command)) return;
    runs.push_back({{"id", run.id()}, {"differs", differing_parts(identity, run.identity())}});
  });
  const Json explained = {{"parts", std::move(parts)}, {"runs", std::move(runs)}};
  return explained.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string note_on_near_miss(const Reducer& reducer, const CommandView& command,
                              const Identity& identity) {
  std::string note;
  reducer.for_each_run([&](const Run& run) {
    if (run.command().view().args.bytes() != command.args.bytes()) return;
    const auto parts = differing_parts(identity, run.identity());
    if (parts.empty()) return;
    note = "run " + std::to_string(run.id()) + " has the same arguments and another ";
    for (std::size_t i = 0; i < parts.size(); ++i) note.append(i > 0 ? ", " : "").append(parts[i]);
  });
  return note;
}

}  // namespace reduce
