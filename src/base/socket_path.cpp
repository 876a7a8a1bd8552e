#include "base/socket_path.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>

namespace reduce {
namespace {

bool is_own_folder(const std::string& path, uid_t uid) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == uid;
}

}  // namespace

std::string standard_socket_folder(uid_t uid) {
  const std::string user = std::to_string(uid);
  const std::string runtime = "/run/user/" + user;
  return is_own_folder(runtime, uid) ? runtime + "/reduce" : "/tmp/reduce-" + user;
}

std::string socket_folder(const std::string& socket) {
  const auto slash = socket.rfind('/');
  return slash == 0 ? "/" : socket.substr(0, slash);
}

bool is_standard_socket(const std::string& socket, uid_t uid) {
  return socket_folder(socket) == standard_socket_folder(uid);
}

Result<std::string> choose_socket(const std::optional<std::string>& given, uid_t uid) {
  std::string path;
  if (!given) {
    path = standard_socket_folder(uid) + "/v" + std::to_string(kProtocolVersion) + ".sock";
  } else if (given->empty()) {
    return make_error("the socket's path is empty");
  } else if (given->front() == '/') {
    path = *given;
  } else {
    char here[PATH_MAX];
    if (::getcwd(here, sizeof here) == nullptr) return system_error("current folder");
    path = std::string(here) + "/" + *given;
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return make_error("socket path too long (" + std::to_string(path.size()) + " bytes, at most " +
                      std::to_string(sizeof(sockaddr_un::sun_path) - 1) + "): " + path);
  }
  if (path.back() == '/') return make_error("the socket's path names a folder: " + path);
  return path;
}

}  // namespace reduce
