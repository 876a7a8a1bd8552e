#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/spool_folder.hpp"
#include "base/statistics_path.hpp"
#include "client/daemon_checks.hpp"
#include "client/shown.hpp"

namespace reduce {
namespace {

using State = Finding::State;

/// Less than that is soon filled by the output that slow callers have still to take.
constexpr std::uint64_t kLittleRoom = 1ULL << 30;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Finding check_spool(const std::string& folder) {
  const char* elsewhere = "keep large output elsewhere, with `reduced --spool-dir DIR`";
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return {"spool", State::bad, folder + ": " + std::strerror(errno), elsewhere};
  }
  struct statvfs system {};
  if (::statvfs(folder.c_str(), &system) != 0) {
    return {"spool", State::note, folder + ": " + std::strerror(errno), elsewhere};
  }
  const std::uint64_t free = static_cast<std::uint64_t>(system.f_bavail) * system.f_frsize;
  const std::string text = folder + " has room for " + in_bytes(free) + " of output";
  if (free < kLittleRoom) return {"spool", State::note, text, elsewhere};
  return {"spool", State::ok, text, {}};
}

/// Folders that are missing are made, so the first one that is there decides.
Finding check_statistics(const std::string& file) {
  if (file.empty()) {
    return {"statistics", State::note,
            "not kept over restarts: neither HOME nor XDG_STATE_HOME is set", "set one of them"};
  }
  std::string folder = parent_of(file);
  const std::string wanted = folder;
  while (::access(folder.c_str(), F_OK) != 0 && folder.size() > 1) folder = parent_of(folder);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return {"statistics", State::note,
            "not kept over restarts: " + folder + ": " + std::strerror(errno),
            "make it writable, or name another folder with XDG_STATE_HOME"};
  }
  return {"statistics", State::ok, "kept in " + wanted, {}};
}

}  // namespace

Findings examine_storage(const Contact& contact) {
  const bool is_told = contact.about.is_object();
  const std::string spool = is_told ? text_in(contact.about, "spool_folder") : kSpoolFolder;
  const std::string statistics =
      is_told ? text_in(contact.about, "statistics_file") : statistics_path(contact.socket);
  return {check_spool(spool), check_statistics(statistics)};
}

}  // namespace reduce
