#include "process/child_setup.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>

// All of this runs in the child between vfork and exec: system calls only.

namespace reduce {
namespace {

using boost::system::error_code;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

bool is_same(const rlimit& a, const rlimit& b) {
  return a.rlim_cur == b.rlim_cur && a.rlim_max == b.rlim_max;
}

/// False for more than it looks at, too.
bool has_groups(const std::vector<gid_t>& groups) {
  gid_t mine[64];
  const int count = ::getgroups(static_cast<int>(std::size(mine)), mine);
  return count >= 0 && std::equal(mine, mine + count, groups.begin(), groups.end());
}

}  // namespace

error_code OwnSession::apply() const {
  if (::setsid() < 0) return last_error();
  // prctl(2): the signal comes when the parent thread ends; one that has ended already sends none.
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) return last_error();
  if (::getppid() != daemon_) return {ESRCH, boost::system::system_category()};
  // Those that the daemon ignores.
  for (const int number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  return {};
}

error_code StandardStreams::apply() const {
  for (int target = 0; target < 3; ++target) {
    if (::dup2(sources_[target], target) < 0) return last_error();
  }
  // Asio's own descriptors lack close-on-exec in 1.81.
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  return {};
}

/// Only root's daemon serves callers of other groups. Those that are there already are not set: it
/// takes a capability that root in a container may lack.
error_code CallerContext::apply_groups() const {
  const Place& place = command_.place();
  if (place.uid != 0) return {};
  if (!has_groups(place.groups) && ::setgroups(place.groups.size(), place.groups.data()) != 0) {
    return last_error();
  }
  if (::setresgid(place.gid, place.gid, place.gid) != 0) return last_error();
  return {};
}

error_code CallerContext::apply() const {
  const CommandView& wanted = command_.view();
  if (const error_code fault = apply_groups()) return fault;
  if (::fchdir(command_.place().cwd.get()) != 0) return last_error();
  ::umask(wanted.umask);
  for (unsigned resource = 0; resource < wanted.limits.size(); ++resource) {
    rlimit mine{};
    ::prlimit(0, static_cast<__rlimit_resource>(resource), nullptr, &mine);
    if (is_same(mine, wanted.limits[resource])) continue;
    if (::prlimit(0, static_cast<__rlimit_resource>(resource), &wanted.limits[resource], nullptr) !=
        0) {
      return last_error();
    }
  }
  if (::getpriority(PRIO_PROCESS, 0) != wanted.nice &&
      ::setpriority(PRIO_PROCESS, 0, wanted.nice) != 0) {
    return last_error();
  }
  return {};
}

}  // namespace reduce
