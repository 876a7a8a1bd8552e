#include "daemon.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "channel/inbox.hpp"
#include "channel/socket.hpp"
#include "measure/proc.hpp"
#include "measure/trouble.hpp"
#include "wire/message.hpp"

namespace bench {
namespace {

/// How long a daemon that does nothing must have done nothing.
constexpr double kQuiet = 0.004;
constexpr double kPatience = 60;
/// Runs that ignore SIGTERM are given five seconds.
constexpr double kStopPatience = 8;

/// Enough for whatever is measured, and a daemon's own limits are not.
const char* const kLimits[] = {"--max-callers", "100000", "--max-runs", "100000"};

}  // namespace

Daemon::Daemon(const World& world, const std::string& name, int megabytes)
    : socket_(world.path(name + ".sock")) {
  Words argv{world.ours("reduced"), "--socket", socket_, "--ready-fd", "3"};
  argv.insert(argv.end(), std::begin(kLimits), std::end(kLimits));
  Words environment = world.environment(socket_);
  if (megabytes > 0) {
    environment.emplace_back("LD_PRELOAD=" REDUCE_BENCH_BALLAST);
    environment.push_back("REDUCE_BENCH_BALLAST=" + std::to_string(megabytes) + "000000");
  }
  Program program(argv, environment);
  Pipe ready = make_pipe();
  program.in(world.null()).out(world.null()).give(world.errors_descriptor(), 2);
  program.give(ready.writer.get(), 3);
  process_.emplace(program.start());
  ready.writer.reset();
  char byte = 0;
  // An empty line says that it serves.
  if (::read(ready.reader.get(), &byte, 1) != 1 || byte != '\n') {
    throw Broken("the daemon does not start");
  }
}

Daemon::~Daemon() {
  if (process_) stop();
}

void Daemon::stop() {
  // The first signal lets runs end, the second stops them.
  ::kill(pid(), SIGTERM);
  ::kill(pid(), SIGINT);
  const Moment begin = Clock::now();
  siginfo_t ended{};
  while (seconds_since(begin) < kStopPatience) {
    if (::waitid(P_PID, static_cast<id_t>(pid()), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid != 0) {
      break;
    }
    const timespec moment{0, 2'000'000};
    ::nanosleep(&moment, nullptr);
  }
  process_.reset();
}

double Daemon::cpu() const {
  return cpu_of(pid());
}

double Daemon::commands_cpu() const {
  return cpu_of_children(pid());
}

void Daemon::settle() const {
  const Moment begin = Clock::now();
  for (double before = -1, now = cpu(); before != now; now = cpu()) {
    if (seconds_since(begin) > kPatience) throw Broken("the daemon does not come to rest");
    before = now;
    pause(kQuiet);
  }
}

double Daemon::await(const std::string& key, int count) const {
  const Moment begin = Clock::now();
  double asking = 0;
  for (;;) {
    settle();
    const double before = cpu();
    const int found = this->count(key);
    settle();
    asking += cpu() - before;
    if (found == count) return asking;
    if (seconds_since(begin) > kPatience) {
      throw Broken("the daemon has " + std::to_string(found) + " " + key + " instead of " +
                   std::to_string(count));
    }
  }
}

nlohmann::json Daemon::ask() const {
  auto connected = reduce::connect_to(socket_);
  if (!connected) throw Broken(connected.error().text);
  std::string frame;
  reduce::put_query(frame, {reduce::QueryKind::stats, {}});
  iovec part{frame.data(), frame.size()};
  if (auto sent = reduce::send_all(connected->get(), {&part, 1}, {}); !sent) {
    throw Broken(sent.error().text);
  }
  reduce::Inbox inbox(1 << 20);
  for (;;) {
    const auto message = inbox.next();
    if (!message) throw Broken(message.error().text);
    if (*message && (*message)->type == reduce::MessageType::reply) {
      return nlohmann::json::parse((*message)->body);
    }
    if (*message || inbox.receive(connected->get()) != reduce::Inbox::Arrival::bytes) {
      throw Broken("the daemon does not say how it is");
    }
  }
}

}  // namespace bench
