#include "daemon/descriptor_room.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include "base/unique_fd.hpp"

namespace reduce {
namespace {

/// Numbers up to here are far from every sensible limit.
constexpr int kLow = 32;

}  // namespace

bool has_room_for(int count, int newest) {
  if (newest < 0) return false;
  if (newest <= kLow) return true;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return true;
  return static_cast<rlim_t>(newest + count) < limit.rlim_cur;
}

bool has_room_for(int count) {
  const UniqueFd probe(::fcntl(0, F_DUPFD_CLOEXEC, 0));
  return has_room_for(count, probe.get());
}

}  // namespace reduce
