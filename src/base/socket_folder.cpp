#include "base/socket_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "base/private_umask.hpp"
#include "base/socket_path.hpp"

namespace reduce {
namespace {

/// user_namespaces(7): users that the namespace does not know have this number.
constexpr uid_t kUnmappedUser = 65534;

/// In a user namespace the system's own folders may belong to a user that it does not know.
bool knows_all_users() {
  std::ifstream map("/proc/self/uid_map");
  unsigned long inside = 1, outside = 1, count = 0;
  map >> inside >> outside >> count;
  return inside == 0 && outside == 0 && count == 4294967295;
}

bool is_trusted(uid_t owner, uid_t uid) {
  return owner == uid || owner == 0 || (owner == kUnmappedUser && !knows_all_users());
}

/// Why nobody should put a socket under a folder like this; empty where there is no reason.
std::string objection(const struct stat& found, uid_t uid, const std::string& path) {
  if (!is_trusted(found.st_uid, uid)) return "it belongs to another user";
  const bool others_write = (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = (found.st_mode & S_ISVTX) != 0;
  if (others_write && !sticky) return "others can write to it (chmod go-w " + path + ")";
  return {};
}

/// What stands in the way of opening `name` as a folder, where it is there.
std::string not_a_folder(int parent, const std::string& name) {
  struct stat found {};
  if (::fstatat(parent, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return {};
  if (S_ISLNK(found.st_mode)) return "it is a symbolic link";
  return S_ISDIR(found.st_mode) ? "" : "it is not a folder";
}

/// A path on the way to the socket's folder, walked down name by name.
class Walk {
 public:
  Walk(std::string target, uid_t uid) : target_(std::move(target)), uid_(uid) {}

  Result<void> begin() {
    here_.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!here_) return system_error("cannot open /");
    return look();
  }

  Result<void> enter(const std::string& name, bool make) {
    path_ += "/" + name;
    if (make && !make_here(name)) return system_error("cannot create socket folder " + path_);
    UniqueFd next(
        ::openat(here_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) {
      const int code = errno;
      const std::string why = not_a_folder(here_.get(), name);
      return why.empty() ? system_error("socket folder " + path_, code) : refused(why);
    }
    here_ = std::move(next);
    return look();
  }

  /// The folder that was reached is the user's alone.
  Result<void> check_private() const {
    struct stat found {};
    if (::fstat(here_.get(), &found) != 0) return system_error("socket folder " + path_);
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
    return refused("it is open to others (chmod 700 " + path_ + ")");
  }

  Result<void> check_writable() const {
    if (::faccessat(here_.get(), ".", W_OK | X_OK, AT_EACCESS) == 0) return {};
    return system_error("socket folder " + path_);
  }

  UniqueFd take() { return std::move(here_); }

 private:
  bool make_here(const std::string& name) const {
    const PrivateUmask modes;
    return ::mkdirat(here_.get(), name.c_str(), 0700) == 0 || errno == EEXIST;
  }

  Result<void> look() const {
    struct stat found {};
    if (::fstat(here_.get(), &found) != 0) return system_error("socket folder " + path_);
    const std::string why = objection(found, uid_, path_);
    if (!why.empty()) return refused(why);
    return {};
  }

  Error refused(const std::string& why) const {
    const std::string at = path_ == target_ ? "" : (path_.empty() ? "/" : path_) + ": ";
    return make_error("socket folder " + target_ + " refused: " + at + why);
  }

  const std::string target_;
  const uid_t uid_;
  UniqueFd here_;
  std::string path_;
};

}  // namespace

Result<SocketFolder> SocketFolder::open(const std::string& socket, uid_t uid, Missing standard) {
  const auto slash = socket.rfind('/');
  const std::string folder = socket.substr(0, slash);
  const bool is_standard = is_standard_socket(socket, uid);
  const bool makes = is_standard && standard == Missing::make;
  Walk walk(folder, uid);
  if (auto begun = walk.begin(); !begun) return begun.error();
  for (std::size_t begin = 0; begin < folder.size();) {
    const std::size_t end = std::min(folder.find('/', begin), folder.size());
    const std::string name = folder.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty()) continue;
    if (auto entered = walk.enter(name, makes && end == folder.size()); !entered) {
      return entered.error();
    }
  }
  if (is_standard) {
    if (auto checked = walk.check_private(); !checked) return checked.error();
  }
  if (auto checked = walk.check_writable(); !checked) return checked.error();
  return SocketFolder(walk.take(), socket, socket.substr(slash + 1));
}

}  // namespace reduce
