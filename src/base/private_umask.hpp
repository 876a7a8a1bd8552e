#pragma once

#include <sys/stat.h>

namespace reduce {

/// As long as it lives, what this process makes can be used by its user and by nobody else: a
/// umask(2) may take rights from either. For processes of one thread.
class PrivateUmask {
 public:
  PrivateUmask() : before_(::umask(077)) {}
  PrivateUmask(const PrivateUmask&) = delete;
  PrivateUmask& operator=(const PrivateUmask&) = delete;
  ~PrivateUmask() { ::umask(before_); }

 private:
  const mode_t before_;
};

}  // namespace reduce
