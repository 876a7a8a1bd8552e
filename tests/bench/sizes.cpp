#include "sizes.hpp"

namespace bench {
namespace {

constexpr std::uint64_t kMebi = 1 << 20;

}  // namespace

Sizes full_sizes() {
  Sizes sizes{};
  sizes.calls = 1000;
  sizes.pairs = 7;
  sizes.repeats = 5;
  sizes.lines = 400;
  sizes.one_output = 1024 * kMebi;
  sizes.shared_output = 128 * kMebi;
  sizes.long_output = 1024 * kMebi;
  sizes.callers = 100;
  sizes.crowd = 1000;
  sizes.waiters = 5000;
  sizes.identities = 20000;
  sizes.ballast = 500;
  sizes.caller_counts = {1, 10, 100, 1000, 5000};
  sizes.run_counts = {1, 10, 100, 1000};
  sizes.idle_waiters = 10000;
  return sizes;
}

Sizes quick_sizes() {
  Sizes sizes = full_sizes();
  sizes.calls = 100;
  sizes.pairs = 3;
  sizes.repeats = 1;
  sizes.lines = 50;
  sizes.one_output = 256 * kMebi;
  sizes.shared_output = 16 * kMebi;
  sizes.long_output = 128 * kMebi;
  sizes.waiters = 1000;
  sizes.identities = 2000;
  sizes.caller_counts = {1, 10, 100};
  sizes.run_counts = {1, 10, 100};
  sizes.idle_waiters = 0;
  return sizes;
}

Sizes smoke_sizes() {
  Sizes sizes = quick_sizes();
  sizes.calls = 3;
  sizes.pairs = 1;
  sizes.lines = 3;
  sizes.one_output = 4 * kMebi;
  sizes.shared_output = kMebi;
  sizes.long_output = 4 * kMebi;
  sizes.callers = 5;
  sizes.crowd = 10;
  sizes.waiters = 10;
  sizes.identities = 100;
  sizes.ballast = 20;
  sizes.caller_counts = {1, 5};
  sizes.run_counts = {1, 5};
  sizes.idle_waiters = 20;
  return sizes;
}

}  // namespace bench
