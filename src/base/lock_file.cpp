#include "base/lock_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/private_umask.hpp"

namespace reduce {
namespace {

struct flock lock_of(LockPart part, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<int>(part);
  lock.l_len = 1;
  return lock;
}

}  // namespace

Result<UniqueFd> open_lock_file(const SocketFolder& folder) {
  const std::string path = folder.socket() + ".lock";
  const std::string name = folder.name() + ".lock";
  const PrivateUmask modes;
  UniqueFd file(::openat(folder.descriptor(), name.c_str(),
                         O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  struct stat found {};
  if (!file || ::fstat(file.get(), &found) != 0) return system_error("cannot open " + path);
  if (found.st_uid != ::geteuid()) return make_error(path + " belongs to another user");
  if (!S_ISREG(found.st_mode)) return make_error(path + " is in the way: it is not a file");
  return file;
}

bool take_lock(int file, LockPart part) {
  const struct flock lock = lock_of(part, F_WRLCK);
  return ::fcntl(file, F_OFD_SETLK, &lock) == 0;
}

bool is_locked(int file, LockPart part) {
  struct flock lock = lock_of(part, F_WRLCK);
  // fcntl(2): it becomes a lock that is in the way, if there is one.
  return ::fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void drop_lock(int file, LockPart part) {
  const struct flock lock = lock_of(part, F_UNLCK);
  ::fcntl(file, F_OFD_SETLK, &lock);
}

}  // namespace reduce
