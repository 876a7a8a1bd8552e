// Very many callers that wait and get nothing: connections of this process that have sent the
// request of a call. What they cost as processes is not in it.

#include "channel/socket.hpp"
#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/proc.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"
#include "rows/request.hpp"

namespace bench {

void measure_idle_waiters(const World& world, Results& results) {
  const int count = world.sizes().idle_waiters;
  if (count == 0) throw Impossible("only in full measure");
  require_descriptors(static_cast<std::size_t>(count) + 200);
  const Daemon daemon(world, "idle");
  const Trigger trigger(world, "idle");
  const Request request(world.helper({"hold", trigger.path()}), world.environment(daemon.socket()));
  std::vector<UniqueFd> waiters;
  waiters.reserve(static_cast<std::size_t>(count));
  const auto add = [&] {
    auto connected = reduce::connect_to(daemon.socket());
    if (!connected) throw Broken(connected.error().text);
    request.send(connected->get());
    waiters.push_back(std::move(*connected));
    check_interrupted();
  };
  add();
  daemon.await("callers", 1);
  const double memory_before = memory_of(daemon.pid(), "VmRSS");
  const double slab_before = system_memory("Slab");
  for (int n = 1; n < count; ++n) add();
  daemon.await("callers", count);
  const double memory = memory_of(daemon.pid(), "VmRSS") - memory_before;
  const double slab = system_memory("Slab") - slab_before;
  results.curves.push_back(
      {"memory per idle waiter (daemon: growth of VmRSS; kernel: growth of "
       "Slab in /proc/meminfo, both ends of the socket)",
       {"daemon bytes", "kernel bytes"},
       {{count, {memory / count, slab / count}}}});
  trigger.release();
  daemon.await("callers", 0);
}

}  // namespace bench
