#include "base/statistics_path.hpp"

#include <cstdlib>

namespace reduce {
namespace {

std::string state_folder() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/reduce";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return std::string(home) + "/.local/state/reduce";
}

}  // namespace

std::string statistics_path(const std::string& socket) {
  const std::string folder = state_folder();
  if (folder.empty()) return {};
  std::string name;
  for (const char byte : socket) {
    if (byte == '/') {
      name += "%2F";
    } else if (byte == '%') {
      name += "%25";
    } else {
      name += byte;
    }
  }
  return folder + "/" + name + ".json";
}

}  // namespace reduce
