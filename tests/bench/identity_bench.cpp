// What the identity costs, as a part of what a whole call costs: `identity_bench REDUCE-RUN` with a
// daemon at hand prints both medians and their ratio.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "command/identity.hpp"
#include "wire/message.hpp"

namespace {

using namespace reduce;
using Clock = std::chrono::steady_clock;

template <class Work>
double median_microseconds(int samples, Work work) {
  std::vector<double> times;
  for (int n = 0; n < samples; ++n) {
    const auto begin = Clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::nth_element(times.begin(), times.begin() + samples / 2, times.end());
  return times[static_cast<std::size_t>(samples / 2)];
}

/// 6 KB in a hundred variables.
std::string environment() {
  std::string bytes;
  for (int n = 0; n < 100; ++n) {
    bytes.append("VARIABLE_").append(std::to_string(n * 7919 % 1000)).append("=");
    bytes.append(61 - bytes.size() % 61, 'x').append(1, '\0');
  }
  return bytes;
}

void call(char* program) {
  char command[] = "true";
  char* words[] = {program, command, nullptr};
  pid_t pid = 0;
  if (::posix_spawn(&pid, program, nullptr, nullptr, words, environ) == 0) {
    ::waitpid(pid, nullptr, 0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string args("make\0test\0", 10);
  const std::string env = environment();
  CommandView view;
  view.args = PackedStrings(args);
  view.env = PackedStrings(env);
  std::string body;
  put_run_prefix(body, view);
  body += args + env;
  Place place;
  place.cwd_path = "/home/somebody/project";
  Identity identity;
  const double build = median_microseconds(20000, [&] {
    const auto parsed = parse_run(body);
    identify(*parsed, place, identity);
  });
  const double whole = median_microseconds(400, [&] { call(argv[1]); });
  std::printf("environment %zu bytes, identity %zu bytes\n", env.size(), identity.size());
  std::printf("reading the request and building the identity %8.2f us\n", build);
  std::printf("a whole call of `reduce-run true`             %8.2f us\n", whole);
  std::printf("ratio                                         %8.2f %%\n", 100 * build / whole);
}
