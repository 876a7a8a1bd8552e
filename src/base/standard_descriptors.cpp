#include "base/standard_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace reduce {

Result<void> fill_standard_descriptors(int flags) {
  for (int descriptor = 0; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    // open(2): the lowest number that is free.
    if (::open("/dev/null", flags) < 0) return system_error("cannot open /dev/null");
  }
  return {};
}

}  // namespace reduce
