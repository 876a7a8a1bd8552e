#pragma once

#include <unistd.h>

#include "hooks/hook_chain.hpp"
#include "hooks/statistics.hpp"
#include "run/reducer.hpp"
#include "support/fake_caller.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_launcher.hpp"

namespace reduce::test {

/// A folder in which no file can be made, and it is not the folder's fault: its name is too long.
inline std::string impossible_folder() {
  return "/" + std::string(5000, 'x');
}

/// Settings of a spool whose segments are so small that a few words fill several.
inline SegmentStore::Settings tiny_segments(std::uint64_t first = 16, std::uint64_t next = 16) {
  SegmentStore::Settings settings;
  // In memory where there is such a folder: tests make many thousands of segments.
  settings.folder = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  settings.first_size = first;
  settings.next_size = next;
  return settings;
}

/// A reducer with all that is around it faked but its spools. Callers must be gone before it is.
struct Bench {
  explicit Bench(Reducer::Limits limits = {}, SegmentStore::Settings settings = {})
      : store(std::move(settings)), reducer(launcher, clock, store, hooks, limits) {
    hooks.add(statistics);
  }

  const Counts& totals() const { return statistics.totals(); }
  ScriptedProcess& process(std::size_t index = 0) const { return launcher.process(index); }

  FakeClock clock;
  FakeLauncher launcher;
  SegmentStore store;
  Statistics statistics{clock};
  HookChain hooks;
  Reducer reducer;
};

}  // namespace reduce::test
