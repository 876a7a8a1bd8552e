// Much output to one caller, who pipes it on: the daemon keeps it in a file meanwhile, and so does
// `tee FILE`.

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"

namespace bench {
namespace {

/// Between two, so that what the one leaves behind (a large file to free) is not the other's.
constexpr double kRest = 0.2;

struct Sample {
  double time = 0;
  double cpu = 0;  ///< without the daemon's
};

class OneCaller {
 public:
  OneCaller(const World& world, const Daemon& daemon)
      : world_(world), daemon_(daemon), trigger_(world, "one-caller") {
    command_ = world.helper({"write", trigger_.path(), std::to_string(world.sizes().one_output)});
  }

  Sample shared() {
    Pipe pipe = make_pipe();
    Program caller = world_.call(daemon_, command_);
    caller.out(pipe.writer.get());
    Program reader = world_.plain({"/usr/bin/cat"});
    reader.in(pipe.reader.get());
    return time({&caller, &reader}, {&pipe});
  }

  Sample teed() {
    const std::string file = world_.path("tee");
    Pipe first = make_pipe();
    Pipe second = make_pipe();
    Program command = world_.plain(command_);
    command.out(first.writer.get());
    Program tee = world_.plain({"/usr/bin/tee", file});
    tee.in(first.reader.get()).out(second.writer.get());
    Program reader = world_.plain({"/usr/bin/cat"});
    reader.in(second.reader.get());
    const Sample sample = time({&command, &tee, &reader}, {&first, &second});
    ::unlink(file.c_str());
    return sample;
  }

 private:
  Sample time(const std::vector<const Program*>& programs, const std::vector<Pipe*>& pipes) {
    Sample sample;
    std::vector<Process> started;
    trigger_.release();
    const Moment begin = Clock::now();
    for (const Program* program : programs) started.push_back(program->start());
    for (Pipe* pipe : pipes) *pipe = Pipe();
    for (Process& process : started) sample.cpu += process.wait_for_success("a pipeline").cpu;
    sample.time = seconds_since(begin);
    pause(kRest);
    daemon_.settle();
    return sample;
  }

  const World& world_;
  const Daemon& daemon_;
  Trigger trigger_;
  Words command_;
};

}  // namespace

void measure_one_caller(const World& world, Results& results) {
  const Daemon daemon(world, "one-caller");
  OneCaller work(world, daemon);
  std::vector<double> times[2];
  std::vector<double> cpu[2];
  for (int pair = -1; pair < world.sizes().pairs; ++pair) {
    for (int turn = 0; turn < 2; ++turn) {
      const int which = (pair + turn) & 1;
      const double before = daemon.cpu() + daemon.commands_cpu();
      Sample sample = which == 0 ? work.shared() : work.teed();
      sample.cpu += daemon.cpu() + daemon.commands_cpu() - before;
      if (pair < 0) continue;  // to warm up
      times[which].push_back(sample.time);
      cpu[which].push_back(sample.cpu);
    }
  }
  const std::string size = in_bytes(world.sizes().one_output);
  results.rows.push_back(
      against(size + " to one caller", "cmd | tee FILE | cat", "s", times[0], times[1], 0.6));
  results.notes.push_back(
      size + " to one caller, CPU with the reader's: " + in_seconds(summarize(cpu[0]).median) +
      ", tee " + in_seconds(summarize(cpu[1]).median));
}

}  // namespace bench
