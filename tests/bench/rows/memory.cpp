// How much the daemon grows while a hundred callers get long output. One of them does not read
// until all others have everything: the hardest case, since nothing can be let go.

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/proc.hpp"
#include "measure/readers.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"

namespace bench {
namespace {

double growth(const World& world) {
  const Daemon daemon(world, "memory");
  world.call(daemon, {"true"}).run();
  daemon.settle();
  forget_peak(daemon.pid());
  const double before = memory_of(daemon.pid(), "VmRSS");

  const Trigger trigger(world, "memory");
  const Words command =
      world.helper({"write", trigger.path(), std::to_string(world.sizes().long_output)});
  const Program caller = world.call(daemon, command);
  std::vector<Process> callers;
  for (int n = 1; n < world.sizes().callers; ++n) callers.push_back(caller.start());
  Pipe pipe = make_pipe();
  Program slow = world.call(daemon, command);
  slow.out(pipe.writer.get());
  Process last = slow.start();
  pipe.writer.reset();
  Readers reader;
  reader.add(std::move(pipe.reader));

  daemon.await("callers", world.sizes().callers);
  trigger.release();
  for (Process& each : callers) each.wait_for_success("a caller");
  if (reader.drain() != world.sizes().long_output) throw Broken("output is not whole");
  last.wait_for_success("the slow caller");
  return memory_of(daemon.pid(), "VmHWM") - before;
}

}  // namespace

void measure_memory(const World& world, Results& results) {
  std::vector<double> megabytes;
  for (int n = 0; n < world.sizes().repeats; ++n) megabytes.push_back(growth(world) * 1e-6);
  results.rows.push_back(alone("daemon's memory growth, " + in_bytes(world.sizes().long_output) +
                                   ", " + std::to_string(world.sizes().callers) + " callers",
                               "MB", megabytes, 8));
}

}  // namespace bench
