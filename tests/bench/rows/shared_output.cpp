// A hundred callers of the same output, each through a pipe, against a hundred runs of their own.
// This process reads all pipes. Its CPU is told and not counted: the readers are the user's.

#include <time.h>

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/readers.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"

namespace bench {
namespace {

double own_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Costs {
  double processes = 0;  ///< that this process started
  double daemon = 0;
  double commands = 0;  ///< that the daemon ran
  double readers = 0;
  double time = 0;

  double counted() const { return processes + daemon + commands; }
};

class SharedOutput {
 public:
  SharedOutput(const World& world, const Daemon& daemon)
      : world_(world), daemon_(daemon), trigger_(world, "shared-output") {
    command_ =
        world.helper({"write", trigger_.path(), std::to_string(world.sizes().shared_output)});
  }

  Costs shared() {
    daemon_.settle();
    const double daemon_before = daemon_.cpu();
    const double commands_before = daemon_.commands_cpu();
    Group group = start(true);
    const double asking = daemon_.await("callers", world_.sizes().callers);
    Costs costs = finish(group, 1);
    daemon_.settle();
    costs.daemon = daemon_.cpu() - daemon_before - asking;
    costs.commands = daemon_.commands_cpu() - commands_before;
    return costs;
  }

  Costs independent() {
    Group group = start(false);
    return finish(group, world_.sizes().callers);
  }

 private:
  struct Group {
    Readers readers;
    std::vector<Process> processes;
  };

  Group start(bool sharing) {
    Group group;
    for (int n = 0; n < world_.sizes().callers; ++n) {
      Pipe pipe = make_pipe();
      Program program = sharing ? world_.call(daemon_, command_) : world_.plain(command_);
      program.out(pipe.writer.get());
      group.processes.push_back(program.start());
      group.readers.add(std::move(pipe.reader));
    }
    return group;
  }

  Costs finish(Group& group, int runs) {
    Costs costs;
    const double before = own_cpu();
    const Moment begin = Clock::now();
    trigger_.release(runs);
    const std::uint64_t bytes = group.readers.drain();
    if (bytes != world_.sizes().shared_output * group.processes.size()) {
      throw Broken("output is not whole: " + std::to_string(bytes) + " bytes");
    }
    for (Process& each : group.processes) costs.processes += each.wait_for_success("a caller").cpu;
    costs.time = seconds_since(begin);
    costs.readers = own_cpu() - before;
    return costs;
  }

  const World& world_;
  const Daemon& daemon_;
  Trigger trigger_;
  Words command_;
};

template <class Pick>
std::vector<double> picked(const std::vector<Costs>& from, Pick pick) {
  std::vector<double> values;
  for (const Costs& costs : from) values.push_back(pick(costs));
  return values;
}

template <class Pick>
std::string median(const std::vector<Costs>& from, Pick pick) {
  return in_seconds(summarize(picked(from, pick)).median);
}

void note_details(const std::string& what, const std::vector<Costs>& ours,
                  const std::vector<Costs>& theirs, Results& results) {
  const auto with_readers = [](const Costs& costs) { return costs.counted() + costs.readers; };
  const Summary all = summarize_ratios(picked(ours, with_readers), picked(theirs, with_readers));
  results.notes.push_back(
      what + ", CPU: callers " + median(ours, [](const Costs& c) { return c.processes; }) +
      ", daemon " + median(ours, [](const Costs& c) { return c.daemon; }) + ", command " +
      median(ours, [](const Costs& c) { return c.commands; }) + "; readers, not counted, " +
      median(ours, [](const Costs& c) { return c.readers; }) + " against " +
      median(theirs, [](const Costs& c) { return c.readers; }) + ", with them the ratio is " +
      in_digits(all.median) + "; wall " + median(ours, [](const Costs& c) { return c.time; }) +
      " against " + median(theirs, [](const Costs& c) { return c.time; }));
}

}  // namespace

void measure_shared_output(const World& world, Results& results) {
  const auto callers = static_cast<std::size_t>(world.sizes().callers);
  require_descriptors(3 * callers + 50);
  const Daemon daemon(world, "shared-output");
  SharedOutput work(world, daemon);
  std::vector<Costs> ours;
  std::vector<Costs> theirs;
  for (int pair = 0; pair < world.sizes().pairs; ++pair) {
    if (pair % 2 == 0) ours.push_back(work.shared());
    theirs.push_back(work.independent());
    if (pair % 2 != 0) ours.push_back(work.shared());
  }
  const auto counted = [](const Costs& costs) { return costs.counted(); };
  const std::string what =
      std::to_string(callers) + " callers of " + in_bytes(world.sizes().shared_output);
  results.rows.push_back(against(what + ", total CPU", std::to_string(callers) + " runs", "s",
                                 picked(ours, counted), picked(theirs, counted), 0.65));
  const auto share = [](const Costs& costs) { return 100 * costs.daemon / costs.counted(); };
  results.rows.push_back(alone(what + ", daemon's share of it", "%", picked(ours, share), 6));
  note_details(what, ours, theirs, results);
}

}  // namespace bench
