#include "daemon/suitability.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/unique_fd.hpp"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5
#endif

namespace reduce {
namespace {

constexpr const char* kNamespaces[] = {"mnt", "user", "net"};

/// The part of a status file, proc(5), from "NoNewPrivs:" to the end of "Seccomp:" or, where the
/// kernel tells it (Linux 5.9), of "Seccomp_filters:", their number; of root's processes from
/// "CapInh:", whose five lines come before: what root may do is in them.
std::string privileges_in(std::string_view status, bool is_root) {
  const auto begin = status.find(is_root ? "\nCapInh:" : "\nNoNewPrivs:");
  auto last = status.find("\nSeccomp_filters:", begin);
  if (last == std::string_view::npos) last = status.find("\nSeccomp:", begin);
  if (begin == std::string_view::npos || last == std::string_view::npos) return {};
  return std::string(status.substr(begin, status.find('\n', last + 1) - begin));
}

/// In how many PID namespaces that proc(5) shows a process has an id: one more for each that it is
/// further in. One that is in none of them has no status file.
std::ptrdiff_t pid_levels_in(std::string_view status) {
  const auto begin = status.find("\nNSpid:");
  if (begin == std::string_view::npos) return 0;
  const std::string_view line = status.substr(begin + 1, status.find('\n', begin + 1) - begin - 1);
  return std::count(line.begin(), line.end(), '\t');
}

/// capget(2) has no wrapper in glibc.
std::uint64_t effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].effective | std::uint64_t{data[1].effective} << 32;
}

/// Whether the process that connected is there still, so that its pid is not another's by now.
bool is_same_process(int socket) {
  int pidfd = -1;
  socklen_t size = sizeof pidfd;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) != 0) {
    return errno == ENOPROTOOPT;
  }
  const UniqueFd owned(pidfd);
  pollfd asked{pidfd, POLLIN, 0};
  return ::poll(&asked, 1, 0) == 0;
}

}  // namespace

Suitability::Suitability() : own_(confines_of("self")), gid_(::getegid()) {
  if (::geteuid() == 0) root_capabilities_ = effective_capabilities();
  nice_ = ::getpriority(PRIO_PROCESS, 0);
  for (unsigned resource = 0; resource < limits_.size(); ++resource) {
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limits_[resource]);
  }
  groups_.resize(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(groups_.size()), groups_.data());
  groups_.resize(static_cast<std::size_t>(std::max(0, count)));
}

std::optional<Suitability::Confines> Suitability::confines_of(const std::string& process) {
  const std::string folder = "/proc/" + process + "/";
  Confines confines;
  for (std::size_t i = 0; i < std::size(kNamespaces); ++i) {
    // namespaces(7): the link's text is the namespace's type and inode number.
    auto& link = confines.namespaces[i];
    const std::string path = folder + "ns/" + kNamespaces[i];
    const ssize_t size = ::readlink(path.c_str(), link.data(), link.size());
    if (size <= 0 || static_cast<std::size_t>(size) == link.size()) return std::nullopt;
  }
  struct stat found {};
  if (::stat((folder + "root").c_str(), &found) != 0) return std::nullopt;
  confines.root_device = found.st_dev;
  confines.root_inode = found.st_ino;
  const UniqueFd status(::open((folder + "status").c_str(), O_RDONLY | O_CLOEXEC));
  char text[8192];
  const ssize_t length = ::read(status.get(), text, sizeof text);
  if (length <= 0) return std::nullopt;
  const std::string_view lines(text, static_cast<std::size_t>(length));
  confines.pid_levels = pid_levels_in(lines);
  confines.privileges = privileges_in(lines, ::geteuid() == 0);
  return confines;
}

std::optional<std::string> Suitability::difference(const Confines& theirs) const {
  for (std::size_t i = 0; i < std::size(kNamespaces); ++i) {
    if (theirs.namespaces[i] != own_->namespaces[i]) {
      return std::string("the caller is in another ") + kNamespaces[i] + " namespace";
    }
  }
  if (theirs.pid_levels != own_->pid_levels) return "the caller is in another pid namespace";
  if (theirs.root_device != own_->root_device || theirs.root_inode != own_->root_inode) {
    return "the caller has another root directory";
  }
  if (theirs.privileges != own_->privileges) {
    return "the caller has other capabilities, no_new_privs or seccomp filters";
  }
  return std::nullopt;
}

std::optional<std::string> Suitability::objection(int socket, const Peer& peer,
                                                  const CommandView& command,
                                                  const Place& place) const {
  const auto theirs = confines_of(std::to_string(peer.pid));
  if (!own_ || !theirs || !is_same_process(socket)) {
    return "the caller's namespaces cannot be seen";
  }
  if (auto other = difference(*theirs)) return other;
  if (!can(CAP_SETGID) && (place.gid != gid_ || place.groups != groups_)) {
    return "the caller has other groups";
  }
  if (!can(CAP_SYS_NICE) && command.nice < nice_) return "the caller has a higher priority";
  for (unsigned resource = 0; resource < limits_.size(); ++resource) {
    if (!can(CAP_SYS_RESOURCE) && command.limits[resource].rlim_max > limits_[resource].rlim_max) {
      return "the caller has a higher resource limit";
    }
  }
  return std::nullopt;
}

}  // namespace reduce
