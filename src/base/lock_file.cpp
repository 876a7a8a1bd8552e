#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

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

Result<UniqueFd> open_lock_file(const SocketFolder& folder) {
  const std::string path = folder.socket() + ".lock";
  const std::string name = folder.name() + ".lock";
  UniqueFd file(::openat(folder.descriptor(), name.c_str(),
                         O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) return system_error("cannot open " + path);
  if (found.st_uid != ::geteuid()) return make_error(path + " belongs to another user");
  if (!S_ISREG(found.st_mode)) return make_error(path + " is in the way: it is not a file");
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

void drop_lock(int file, LockPart part) {
  set_lock(file, part, F_UNLCK, LockWait::no);
}

}  // namespace reduce
