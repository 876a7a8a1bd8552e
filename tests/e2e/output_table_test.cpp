// The same bytes at every kind of target, for every time of coming, size of output and of segments.

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/outlet.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

using Kind = Outlet::Kind;

constexpr std::uint64_t kPage = 4096, kPipe = 65536, kMebibyte = 1 << 20;
constexpr std::uint64_t kSizes[] = {
    0,     1,         kPage - 1,     kPage,     kPage + 1,     kPipe - 1,
    kPipe, kPipe + 1, kMebibyte - 1, kMebibyte, kMebibyte + 1, 3'000'000,
};
const Words kOrdinary, kSmallSegments{"--segment-size", "4K"};

/// A run in three steps. At each of its gates callers can come.
struct Row {
  const Sandbox& box;
  std::string name;
  std::vector<Part> parts;

  std::string gate(const std::string& what) const { return name + "-" + what; }

  /// Each part is in the journal before the next is written: their order is certain.
  Words write_parts(std::size_t begin, std::size_t end) const {
    Words steps;
    for (std::size_t at = begin; at < end; ++at) {
      const Part& part = parts[at];
      steps = with(steps, {"noise", std::to_string(part.seed), std::to_string(part.size),
                           part.stream, "taken", part.stream});
    }
    return steps;
  }

  Words command() const {
    Words steps{"wait-for", box.path(gate("begin"))};
    steps = with(steps, write_parts(0, parts.size() / 2));
    steps = with(steps, {"touch", box.path(gate("middle")), "wait-for", box.path(gate("go-on"))});
    steps = with(steps, write_parts(parts.size() / 2, parts.size()));
    return box.puppet(with(steps, {"touch", box.path(gate("written")), "wait-for",
                                   box.path(gate("end")), "exit", "2"}));
  }
};

/// A caller that came at one of the gates.
struct Guest {
  const char* when;
  std::unique_ptr<Outlet> outlet;
  Started caller;
};

Guest come(const Row& row, Kind kind, bool both, const char* when) {
  auto outlet = Outlet::make(kind, row.box.path(row.name + "-" + when));
  Spawn call = row.box.call(row.command());
  call.out = outlet->out();
  if (both) call.err = outlet->err();
  Started caller(call);
  outlet->started();
  return {when, std::move(outlet), std::move(caller)};
}

/// Two streams go to the one place where `both`; else all parts are stdout's.
void check_row(const Row& row, Kind kind, bool both) {
  INFO("row " << row.name);
  std::vector<Guest> guests;
  guests.push_back(come(row, kind, both, "early"));
  row.box.await_callers(1);
  row.box.touch(row.gate("begin"));
  row.box.await_file(row.gate("middle"));
  guests.push_back(come(row, kind, both, "late"));
  row.box.await_callers(2);
  row.box.touch(row.gate("go-on"));
  row.box.await_file(row.gate("written"));
  guests.push_back(come(row, kind, both, "last"));
  row.box.await_callers(3);
  row.box.touch(row.gate("end"));
  for (Guest& guest : guests) {
    INFO("who came " << guest.when);
    PartsCheck check(row.parts);
    guest.outlet->take(check);
    CHECK(guest.caller.finish() == exited(2));
    guest.outlet->take_rest(check);
    INFO("got " << check.text());
    CHECK((kind == Kind::null_device || check.is_whole()));
  }
}

std::vector<Part> halves(std::uint64_t size) {
  return {{2 * size + 1, size / 2}, {2 * size + 2, size - size / 2}};
}

void check_sizes(Kind kind) {
  const Words options = GENERATE(kOrdinary, kSmallSegments);
  CAPTURE(options);
  Sandbox box;
  box.start_daemon(options);
  for (const std::uint64_t size : kSizes) {
    check_row({box, std::to_string(size), halves(size)}, kind, false);
  }
  CHECK(box.executions() == std::size(kSizes));
}

/// Pieces of odd sizes, in turn stdout's and stderr's, some of them twice.
void check_order(Kind kind) {
  const Words options = GENERATE(kOrdinary, kSmallSegments);
  CAPTURE(options);
  Sandbox box;
  box.start_daemon(options);
  std::vector<Part> parts;
  for (const std::uint64_t size : {1, 3, 17, 4095, 4097, 1, 65'537, 5, 70'001, 131'071, 2, 9'999}) {
    for (const char* stream : {"out", "err", "err", "out", "err"}) {
      parts.push_back({parts.size() + 1, size + parts.size() % 3, stream});
    }
  }
  check_row({box, "order", parts}, kind, true);
  CHECK(box.executions() == 1);
}

void check_much(Kind kind, const Words& options, std::uint64_t size) {
  Sandbox box;
  box.start_daemon(options);
  check_row({box, "much", halves(size)}, kind, false);
  CHECK(box.executions() == 1);
}

}  // namespace

TEST_CASE("Output of any size through a pipe") {
  check_sizes(Kind::pipe);
}

TEST_CASE("Output of any size through a non-blocking pipe") {
  check_sizes(Kind::nonblocking_pipe);
}

TEST_CASE("Output of any size through a full pipe with a slow reader") {
  check_sizes(Kind::full_pipe);
}

TEST_CASE("Output of any size into a file") {
  check_sizes(Kind::file);
}

TEST_CASE("Output of any size at the end of a file") {
  check_sizes(Kind::appended_file);
}

TEST_CASE("Output of any size to a terminal") {
  check_sizes(Kind::terminal);
}

TEST_CASE("Output of any size through a socket") {
  check_sizes(Kind::socket);
}

TEST_CASE("Output of any size to nowhere") {
  check_sizes(Kind::null_device);
}

TEST_CASE("Output of any size to a full device is 125 and one line") {
  const Words options = GENERATE(kOrdinary, kSmallSegments);
  CAPTURE(options);
  Sandbox box;
  box.start_daemon(options);
  const reduce::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  for (const std::uint64_t size : kSizes) {
    const Row row{box, std::to_string(size), halves(size)};
    INFO("row " << row.name);
    const auto come_to_full = [&] {
      Spawn call = box.call(row.command());
      call.out = Target::descriptor(full.get());
      return Started(call);
    };
    const auto check_end = [&](Started& caller) {
      const Result result = caller.finish();
      INFO(result);
      CHECK(result.code == (size == 0 ? 2 : 125));
      CHECK((size == 0 ? result.err.empty() : is_own_line(result.err)));
    };
    // The run goes on for this one.
    Guest other = come(row, Kind::pipe, false, "early");
    box.await_callers(1);
    Started early = come_to_full();
    box.await_callers(2);
    box.touch(row.gate("begin"));
    box.await_file(row.gate("middle"));
    Started late = come_to_full();
    if (size > 1) {
      check_end(early);
      check_end(late);
    } else {
      box.await_callers(3);
    }
    box.touch(row.gate("go-on"));
    box.await_file(row.gate("written"));
    Started last = come_to_full();
    if (size == 0) {
      box.await_callers(4);
    } else {
      check_end(last);
    }
    box.touch(row.gate("end"));
    if (size <= 1) {
      check_end(early);
      check_end(late);
    }
    if (size == 0) check_end(last);
    PartsCheck check(row.parts);
    other.outlet->take(check);
    CHECK(other.caller.finish() == exited(2));
    CHECK(check.is_whole());
  }
  CHECK(box.executions() == std::size(kSizes));
}

TEST_CASE("Two streams through one pipe keep their order") {
  check_order(GENERATE(Kind::pipe, Kind::nonblocking_pipe, Kind::full_pipe));
}

TEST_CASE("Two streams into one file keep their order") {
  check_order(GENERATE(Kind::file, Kind::appended_file, Kind::twice_appended_file));
}

TEST_CASE("Two streams to one terminal or socket keep their order") {
  check_order(GENERATE(Kind::terminal, Kind::socket, Kind::null_device));
}

TEST_CASE("300 MB through a pipe") {
  check_much(Kind::pipe, kOrdinary, 300'000'000);
}

TEST_CASE("300 MB into a file") {
  check_much(Kind::file, kOrdinary, 300'000'000);
}

// A segment that may still be joined keeps a descriptor open: 300 MB would take 73,000 of them.
TEST_CASE("30 MB in 4 KiB segments through a pipe") {
  check_much(Kind::pipe, kSmallSegments, 30'000'000);
}

TEST_CASE("30 MB in 4 KiB segments into a file") {
  check_much(Kind::file, kSmallSegments, 30'000'000);
}
