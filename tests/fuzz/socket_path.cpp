// The socket's path as an option or the environment gives it, and the file that is named after it.
#include "base/socket_path.hpp"

#include <sys/un.h>

#include <cstdlib>

#include "base/statistics_path.hpp"
#include "hooks/statistics_file.hpp"
#include "target.hpp"

using namespace reduce;

namespace {

/// The path that a name of a file stands for.
std::string unescaped(std::string_view name) {
  std::string path;
  while (!name.empty()) {
    if (name[0] != '%') {
      path += name[0];
      name.remove_prefix(1);
      continue;
    }
    EXPECT(name.starts_with("%2F") || name.starts_with("%25"));
    path += name[2] == 'F' ? '/' : '%';
    name.remove_prefix(3);
  }
  return path;
}

/// Each socket has a file of its own, in the one folder.
void check_file(const std::string& socket) {
  const std::string_view folder = "/state/reduce/", end = ".json";
  ::setenv("XDG_STATE_HOME", "/state", 1);
  std::string_view file;
  const std::string path = statistics_path(socket);
  file = path;
  EXPECT(file.starts_with(folder) && file.ends_with(end));
  file.remove_prefix(folder.size());
  file.remove_suffix(end.size());
  EXPECT(file.find('/') == std::string_view::npos);
  EXPECT(unescaped(file) == socket);
}

}  // namespace

FUZZ_TARGET(socket_path) {
  // As it comes from outside, it has no NUL.
  const std::string given(input.substr(0, input.find('\0')));
  const auto path = choose_socket(given, 1000);
  if (!path) {
    EXPECT(!path.error().text.empty());
    return;
  }
  EXPECT(path->size() < sizeof(sockaddr_un::sun_path));
  EXPECT(path->starts_with('/') && !path->ends_with('/') && path->ends_with(given));
  EXPECT(choose_socket(*path, 1000).value() == *path);
  check_file(*path);
}
