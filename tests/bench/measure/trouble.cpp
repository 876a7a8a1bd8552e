#include "measure/trouble.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include <cerrno>
#include <cstring>

namespace bench {
namespace {

volatile sig_atomic_t interrupted = 0;

void note_signal(int) {
  interrupted = 1;
}

}  // namespace

void catch_signals() {
  struct sigaction action {};
  // No SA_RESTART: what waits is woken.
  action.sa_handler = note_signal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

void check_interrupted() {
  if (interrupted == 0) return;
  // What cleans up waits too.
  interrupted = 0;
  throw Interrupted();
}

void fail(const std::string& what) {
  throw Broken(what + ": " + std::strerror(errno));
}

void require_descriptors(std::size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= count) return;
  throw Impossible("needs " + std::to_string(count) + " descriptors, ulimit -n allows " +
                   std::to_string(limit.rlim_cur));
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void pause(double seconds) {
  const auto whole = static_cast<time_t>(seconds);
  const timespec time{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
  ::nanosleep(&time, nullptr);
  check_interrupted();
}

}  // namespace bench
