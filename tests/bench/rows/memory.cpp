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

struct Memory {
  double growth = 0;
  double peak = 0;
  double caller_peak = 0;
};

class Crowd {
 public:
  Crowd(const World& world, const Daemon& daemon)
      : trigger_(world, "memory"),
        command_(
            world.helper({"write", trigger_.path(), std::to_string(world.sizes().long_output)})) {
    const Program caller = world.call(daemon, command_);
    for (int n = 1; n < world.sizes().callers; ++n) callers_.push_back(caller.start());
    Pipe pipe = make_pipe();
    Program slow = world.call(daemon, command_);
    slow.out(pipe.writer.get());
    slow_.emplace(slow.start());
    reader_.add(std::move(pipe.reader));
  }

  /// The slow caller's peak.
  double finish(const World& world) {
    trigger_.release();
    for (Process& each : callers_) each.wait_for_success("a caller");
    const double peak = memory_of(slow_->pid(), "VmHWM");
    if (reader_.drain() != world.sizes().long_output) throw Broken("output is not whole");
    slow_->wait_for_success("the slow caller");
    return peak;
  }

 private:
  Trigger trigger_;
  Words command_;
  Readers reader_;
  std::vector<Process> callers_;
  std::optional<Process> slow_;
};

Memory measure(const World& world) {
  const Daemon daemon(world, "memory");
  world.call(daemon, {"true"}).run();
  daemon.settle();
  forget_peak(daemon.pid());
  const double before = memory_of(daemon.pid(), "VmRSS");
  Crowd crowd(world, daemon);
  daemon.await("callers", world.sizes().callers);
  Memory memory;
  memory.caller_peak = crowd.finish(world);
  memory.peak = memory_of(daemon.pid(), "VmHWM");
  memory.growth = memory.peak - before;
  return memory;
}

}  // namespace

void measure_memory(const World& world, Results& results) {
  std::vector<double> megabytes;
  Memory last;
  for (int n = 0; n < world.sizes().repeats; ++n) {
    last = measure(world);
    megabytes.push_back(last.growth * 1e-6);
  }
  results.rows.push_back(alone("daemon's memory growth, " + in_bytes(world.sizes().long_output) +
                                   ", " + std::to_string(world.sizes().callers) + " callers",
                               "MB", megabytes, 8));
  results.notes.push_back("peak memory meanwhile: daemon " + in_digits(last.peak * 1e-6) +
                          " MB, a caller " + in_digits(last.caller_peak * 1e-6) + " MB");
}

}  // namespace bench
