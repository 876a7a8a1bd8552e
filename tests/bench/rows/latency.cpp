// One line, from just before it is written to when this process has read it from the last of N
// pipes: through reduce-run, and through one `tee` that copies to N pipes.

#include <fcntl.h>
#include <sys/stat.h>

#include <charconv>

#include "daemon.hpp"
#include "experiments.hpp"
#include "measure/readers.hpp"
#include "measure/trouble.hpp"
#include "report/format.hpp"

namespace bench {
namespace {

constexpr std::size_t kLine = 20;  // bytes: what the helper's "pulse" writes
constexpr int kWarmUp = 5;
/// So that those who copied the last line have come to rest: for all, and for each reader.
constexpr double kRest = 0.001;
constexpr double kRestOfEach = 0.00003;

/// A command that writes a line when told to, and those who copy it to N pipes.
class Fan {
 public:
  Fan(const World& world, const std::string& name)
      : world_(world), trigger_(world, name), command_(world.helper({"pulse", trigger_.path()})) {}

  void share(const Daemon& daemon, int count) {
    for (int n = 0; n < count; ++n) start_into_pipe(world_.call(daemon, command_));
  }

  void tee(int count) {
    Pipe source = make_pipe();
    Program command = world_.plain(command_);
    command.out(source.writer.get());
    processes_.push_back(command.start());
    Words words{"/usr/bin/tee"};
    // Its stdout is the first.
    for (int n = 1; n < count; ++n) words.push_back(add_fifo("tee-" + std::to_string(n)));
    Program tee = world_.plain(words);
    tee.in(source.reader.get());
    start_into_pipe(std::move(tee));
  }

  /// Seconds.
  double send_line() {
    pause(kRest + kRestOfEach * static_cast<double>(readers_.size()));
    trigger_.release();
    const std::string line = readers_.take_from_each(kLine);
    const auto arrived = Clock::now().time_since_epoch();
    long long written = 0;
    std::from_chars(line.data(), line.data() + line.size(), written);
    return seconds(arrived - std::chrono::nanoseconds(written));
  }

  /// What a process for each pipe costs at the least, whoever feeds it.
  void tee_to_cats(int count) {
    Pipe source = make_pipe();
    Program command = world_.plain(command_);
    command.out(source.writer.get());
    processes_.push_back(command.start());
    Words words{"/usr/bin/tee"};
    for (int n = 0; n < count; ++n) {
      words.push_back(make_fifo("cat-" + std::to_string(n)));
      start_into_pipe(world_.plain({"/usr/bin/cat", words.back()}));
    }
    Program tee = world_.plain(words);
    const UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    tee.in(source.reader.get()).out(nowhere.get());
    processes_.push_back(tee.start());
  }

  void end() {
    trigger_.close();
    readers_.drain();
    for (Process& each : processes_) each.wait_for_success("a caller or tee");
  }

 private:
  void start_into_pipe(Program program) {
    Pipe pipe = make_pipe();
    program.out(pipe.writer.get());
    processes_.push_back(program.start());
    readers_.add(std::move(pipe.reader));
  }

  std::string make_fifo(const std::string& name) {
    const std::string path = world_.path(name);
    if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) fail(path);
    return path;
  }

  std::string add_fifo(const std::string& name) {
    const std::string path = make_fifo(name);
    // fifo(7): opened like this, it does not wait for a writer.
    UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!reader) fail(path);
    readers_.add(std::move(reader));
    return path;
  }

  const World& world_;
  Trigger trigger_;
  Words command_;
  Readers readers_;
  std::vector<Process> processes_;
};

void measure(const World& world, const Daemon& daemon, int count, Results& results) {
  Fan ours(world, "shared");
  Fan theirs(world, "teed");
  Fan least(world, "teed-to-cats");
  ours.share(daemon, count);
  theirs.tee(count);
  least.tee_to_cats(count);
  Fan* const fans[] = {&ours, &theirs, &least};
  std::vector<double> times[3];
  for (int line = -kWarmUp; line < world.sizes().lines; ++line) {
    for (int turn = 0; turn < 3; ++turn) {
      const int which = (line + kWarmUp + turn) % 3;
      const double time = fans[which]->send_line();
      if (line >= 0) times[which].push_back(time * 1e6);
    }
  }
  for (Fan* fan : fans) fan->end();
  const std::string readers = std::to_string(count) + (count == 1 ? " caller" : " callers");
  results.rows.push_back(against("a line to the last of " + readers, "tee to as many pipes", "us",
                                 times[0], times[1], 2.7));
  const double floor = summarize(times[2]).median;
  results.notes.push_back("a line through tee and a `cat` for each of " + std::to_string(count) +
                          ": " + in_digits(floor) + " us, " +
                          in_digits(floor / summarize(times[1]).median) + " of tee alone");
}

}  // namespace

void measure_latency(const World& world, Results& results) {
  require_descriptors(static_cast<std::size_t>(4 * world.sizes().callers) + 50);
  const Daemon daemon(world, "latency");
  for (const int count : {1, 10, 100}) {
    if (count <= world.sizes().callers) measure(world, daemon, count, results);
  }
}

}  // namespace bench
