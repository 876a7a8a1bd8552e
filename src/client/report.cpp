#include "client/report.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/unique_fd.hpp"
#include "client/say.hpp"
#include "command/outcome_json.hpp"

namespace reduce {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Report& report) {
  Json json;
  if (report.attached) {
    json["id"] = report.attached->run;
    json["role"] = report.attached->role == Role::started ? "started" : "joined";
    json["callers"] = report.attached->callers;
  } else {
    json["id"] = nullptr;
    json["role"] = "direct";
    json["callers"] = 1;
  }
  put_outcome(json, report.outcome);
  if (std::holds_alternative<Broken>(report.outcome)) json["code"] = report.broken_status;
  json["age_at_join_seconds"] = report.attached ? seconds(report.attached->age) : 0.0;
  json["duration_seconds"] = seconds(report.duration);
  return json.dump() + "\n";
}

bool write_whole(int file, const std::string& text) {
  return ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

void write_report(const std::string& path, const Report& report) {
  std::string beside = path + ".XXXXXX";
  UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const bool written = file && write_whole(file.get(), text_of(report)) &&
                       ::fchmod(file.get(), 0666 & ~mask) == 0 &&
                       ::rename(beside.c_str(), path.c_str()) == 0;
  if (written) return;
  say(system_error("cannot write the report " + path).text);
  if (file) ::unlink(beside.c_str());
}

}  // namespace reduce
