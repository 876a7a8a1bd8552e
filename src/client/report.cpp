#include "client/report.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
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

bool is_same_file(const struct stat& file, int descriptor) {
  struct stat other {};
  return ::fstat(descriptor, &other) == 0 && other.st_dev == file.st_dev &&
         other.st_ino == file.st_ino;
}

/// A device, a pipe, or an output of ours, as /dev/stderr is: to be written to, never replaced.
bool is_written_to(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || S_ISDIR(file.st_mode)) return false;
  return !S_ISREG(file.st_mode) || is_same_file(file, STDOUT_FILENO) ||
         is_same_file(file, STDERR_FILENO);
}

bool append(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC));
  // How the call ends does not depend on who reads this.
  ::signal(SIGPIPE, SIG_IGN);
  return file && write_whole(file.get(), text);
}

/// Where a link leads: it is not to be replaced by a file.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? real.get() : path;
}

bool replace(const std::string& path, const std::string& text) {
  std::string beside = path + ".XXXXXX";
  const UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const bool written = file && write_whole(file.get(), text) &&
                       ::fchmod(file.get(), 0666 & ~mask) == 0 &&
                       ::rename(beside.c_str(), path.c_str()) == 0;
  if (!written && file) {
    const int error = errno;
    ::unlink(beside.c_str());
    errno = error;
  }
  return written;
}

}  // namespace

void write_report(const std::string& path, const Report& report) {
  const std::string text = text_of(report);
  const bool written = is_written_to(path) ? append(path, text) : replace(real_path(path), text);
  if (!written) say(system_error("cannot write the report " + path).text);
}

}  // namespace reduce
