// How often both programs call the kernel for one `reduce-run true`.

#include <algorithm>

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/syscall_counter.hpp"
#include "rows/contest.hpp"

namespace bench {
namespace {

constexpr int kCalls = 20;

SyscallCount per_call(std::string program, const SyscallCounts& counts, double calls) {
  SyscallCount found{std::move(program), 0, {}};
  for (const auto& [number, count] : counts) {
    found.total += static_cast<double>(count) / calls;
    found.by_name.emplace_back(syscall_name(number), static_cast<double>(count) / calls);
  }
  std::ranges::sort(found.by_name, [](const auto& one, const auto& other) {
    return one.second != other.second ? one.second > other.second : one.first < other.first;
  });
  return found;
}

}  // namespace

void count_syscalls(const World& world, Results& results) {
  const Daemon daemon(world, "syscalls");
  const Program call = world.call(daemon, {"true"});
  call.run();
  SyscallCounts client;
  for (int n = 0; n < kCalls; ++n) {
    for (const auto& [number, count] : count_of_program(call)) client[number] += count;
  }
  const SyscallCounts served = count_of_process(daemon.pid(), call, kCalls);
  results.syscalls.push_back(per_call("reduce-run", client, kCalls));
  results.syscalls.push_back(per_call("reduced", served, kCalls));
  for (const char* peer : {"/usr/bin/env", "/usr/bin/true"}) {
    const Program program = world.plain({peer, "true"});
    results.syscalls.push_back(per_call(peer, count_of_program(program), 1));
  }
}

}  // namespace bench
