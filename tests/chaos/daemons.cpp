#include "chaos/daemons.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/process_table.hpp"

namespace chaos {
namespace {

/// How much an idle daemon may grow, however long it has worked.
std::uint64_t most_growth() {
  // A sanitizer keeps what is freed for a while.
  return e2e::is_sanitized() ? 512ULL << 20 : 16ULL << 20;
}

}  // namespace

void limit_descriptors(e2e::Spawn& spawn, const Setting& setting) {
  if (setting.descriptors == 0) return;
  spawn.before_exec = [most = setting.descriptors] {
    const rlimit limit{most, most};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
}

void Daemons::start(const Setting& setting, const e2e::Words& more) {
  const e2e::Words argv = {e2e::Sandbox::program("reduced"), "--socket", box_.socket()};
  e2e::Spawn spawn = box_.direct(e2e::with(e2e::with(argv, setting.options), more));
  spawn.out = e2e::Target::file(box_.path("daemon-says"));
  spawn.err = e2e::Target::like_out();
  limit_descriptors(spawn, setting);
  started_.emplace_back(std::move(spawn));
}

pid_t Daemons::any(unsigned choice) const {
  auto all = box_.daemons();
  const auto found = e2e::descendants();
  // A process that a daemon has started bears its name until it is the command.
  std::erase_if(all, [&](pid_t pid) {
    const auto child = std::ranges::find(found, pid, &e2e::ProcessInfo::pid);
    return child == found.end() || std::ranges::find(all, child->parent) != all.end();
  });
  return all.empty() ? 0 : all[choice % all.size()];
}

void Daemons::squeeze(pid_t daemon, unsigned descriptors) {
  rlimit limit{};
  if (::prlimit(daemon, RLIMIT_NOFILE, nullptr, &limit) != 0) return;
  squeezed_.emplace(daemon, limit.rlim_cur);
  limit.rlim_cur = std::min<rlim_t>(descriptors, limit.rlim_max);
  ::prlimit(daemon, RLIMIT_NOFILE, &limit, nullptr);
}

void Daemons::release() {
  const auto alive = box_.daemons();
  for (const auto& [daemon, before] : squeezed_) {
    if (std::ranges::find(alive, daemon) == alive.end()) continue;
    rlimit limit{};
    if (::prlimit(daemon, RLIMIT_NOFILE, nullptr, &limit) != 0) continue;
    limit.rlim_cur = before;
    ::prlimit(daemon, RLIMIT_NOFILE, &limit, nullptr);
  }
  squeezed_.clear();
}

void Daemons::reap() {
  std::erase_if(started_, [](e2e::Started& daemon) { return !daemon.is_running(); });
}

std::optional<std::string> Daemons::complaint_when_idle() {
  const auto all = box_.daemons();
  if (all.empty()) return std::nullopt;
  const pid_t daemon = all.front();
  if (first_descriptors_ == 0) first_descriptors_ = e2e::settled_descriptors(daemon);
  std::size_t descriptors = 0;
  const auto as_before = [&] {
    return (descriptors = e2e::open_descriptors(daemon)) == first_descriptors_;
  };
  if (!e2e::eventually(as_before)) {
    return "the idle daemon has " + std::to_string(descriptors) + " descriptors open, not " +
           std::to_string(first_descriptors_);
  }
  const std::uint64_t memory = e2e::resident_bytes(daemon);
  const std::uint64_t first = first_memory_.emplace(daemon, memory).first->second;
  if (memory <= first + most_growth()) return std::nullopt;
  return "the idle daemon has grown from " + std::to_string(first) + " to " +
         std::to_string(memory) + " bytes";
}

}  // namespace chaos
