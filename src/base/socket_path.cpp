#include "base/socket_path.hpp"

#include <fcntl.h>
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

/// The folder of the user's standard socket.
std::string standard_folder(uid_t uid) {
  const std::string user = std::to_string(uid);
  const std::string runtime = "/run/user/" + user;
  return is_own_folder(runtime, uid) ? runtime + "/reduce" : "/tmp/reduce-" + user;
}

}  // namespace

std::string socket_folder(const std::string& socket) {
  const auto slash = socket.rfind('/');
  return slash == 0 ? "/" : socket.substr(0, slash);
}

Result<std::string> choose_socket(const std::optional<std::string>& given, uid_t uid) {
  std::string path;
  if (!given) {
    path = standard_folder(uid) + "/v" + std::to_string(kProtocolVersion) + ".sock";
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

bool is_standard_socket(const std::string& socket, uid_t uid) {
  return socket_folder(socket) == standard_folder(uid);
}

Result<void> prepare_socket_folder(const std::string& socket, uid_t uid) {
  const std::string folder = socket_folder(socket);
  if (is_standard_socket(socket, uid) && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_error("cannot create socket folder " + folder);
  }
  return check_socket_folder(socket, uid);
}

Result<void> check_socket_folder(const std::string& socket, uid_t uid) {
  const std::string folder = socket_folder(socket);
  // lstat(2), not stat(2): in a folder that others can write, a link may be theirs.
  struct stat found {};
  if (::lstat(folder.c_str(), &found) != 0) return system_error("socket folder " + folder);
  const std::string refused = "socket folder " + folder + " refused: ";
  if (S_ISLNK(found.st_mode)) return make_error(refused + "it is a symbolic link");
  if (!S_ISDIR(found.st_mode)) return make_error(refused + "it is not a folder");
  if (found.st_uid != uid && found.st_uid != 0)
    return make_error(refused + "it belongs to another user");
  const bool others_write = (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = (found.st_mode & S_ISVTX) != 0;
  if (others_write && !sticky) {
    return make_error(refused + "others can write to it (chmod go-w " + folder + ")");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return system_error("socket folder " + folder);
  return {};
}

}  // namespace reduce
