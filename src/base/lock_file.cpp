#include "base/lock_file.hpp"

#include <fcntl.h>

namespace reduce {
namespace {

bool set_lock(int file, LockPart part, short type, LockWait wait) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<int>(part);
  lock.l_len = 1;
  return ::fcntl(file, wait == LockWait::yes ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == 0;
}

}  // namespace

Result<UniqueFd> open_lock_file(const std::string& socket) {
  const std::string path = socket + ".lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return system_error("cannot open " + path);
  return file;
}

bool take_lock(int file, LockPart part, LockWait wait) {
  return set_lock(file, part, F_WRLCK, wait);
}

bool wait_for_lock(int file, LockPart part) {
  if (!set_lock(file, part, F_RDLCK, LockWait::yes)) return false;
  drop_lock(file, part);
  return true;
}

void drop_lock(int file, LockPart part) { set_lock(file, part, F_UNLCK, LockWait::no); }

}  // namespace reduce
