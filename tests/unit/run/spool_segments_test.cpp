#include <pthread.h>
#include <sys/resource.h>

#include <functional>
#include <memory>

#include "support/bench.hpp"
#include "support/catch.hpp"
#include "support/spool_reader.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

/// Runs `call` on a small stack, where recursion along a chain of thousands would crash.
void on_small_stack(std::function<void()> call) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  const auto run = [](void* given) -> void* {
    (*static_cast<std::function<void()>*>(given))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, &call) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

std::shared_ptr<Segment> make_chain(std::size_t length) {
  auto first = std::make_shared<Segment>(std::make_shared<Usage>());
  std::shared_ptr<Segment> last = first;
  for (std::size_t i = 1; i < length; ++i) {
    auto next = std::make_shared<Segment>(std::make_shared<Usage>());
    last->chain(next);
    last = std::move(next);
  }
  return first;
}

/// How many segments a test may have open at once, each with one descriptor.
std::size_t long_chain() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return std::min<std::size_t>(limit.rlim_cur - 200, 15'000);
}

}  // namespace

TEST_CASE("output goes on over many segments and each is told as a new one") {
  FedSpool spool(tiny_segments());
  SpoolReader reader(*spool);
  std::string out, err;
  for (int i = 0; i < 200; ++i) {
    const std::string text = std::to_string(i) + ",";
    spool.feed(i % 5 == 0 ? Stream::err : Stream::out, text);
    (i % 5 == 0 ? err : out) += text;
    if (i % 7 == 0) reader.read();
  }
  reader.read();
  CHECK(reader.of(Stream::out) == out);
  CHECK(reader.of(Stream::err) == err);
  CHECK(reader.segments() == static_cast<int>((out.size() + err.size() + 15) / 16));
  CHECK(spool->size() == out.size() + err.size());
}

TEST_CASE("a segment that every cursor has passed is closed once nobody can join") {
  FedSpool spool(tiny_segments());
  auto fast = std::make_unique<SpoolReader>(*spool);
  auto slow = std::make_unique<SpoolReader>(*spool);
  const int before = count_open_descriptors();
  const std::string segment = "exactly 16 bytes";
  for (int i = 0; i < 10; ++i) spool.out(segment);
  fast->read();
  // Somebody may still join: everything is kept, each with a reader; the last has a writer too.
  CHECK(count_open_descriptors() == before + 11);

  spool->close_beginning();
  CHECK(count_open_descriptors() == before + 11);  // the slow one still needs all
  REQUIRE(slow->step());
  REQUIRE(slow->step());
  REQUIRE(slow->step());
  CHECK(count_open_descriptors() == before + 11 - 2);
  for (int i = 0; i < 10; ++i) spool.out(segment);
  fast->read();
  CHECK(count_open_descriptors() == before + 11 - 2 + 10);
  slow->read();
  CHECK(count_open_descriptors() == before + 2);
  CHECK(slow->text() == fast->text());
  CHECK(slow->of(Stream::out).size() == 20 * segment.size());
  fast.reset();
  slow.reset();
  CHECK(count_open_descriptors() == before + 2);  // the tail
}

TEST_CASE("segments that a leaving cursor alone held are closed") {
  FedSpool spool(tiny_segments());
  auto slow = std::make_unique<SpoolReader>(*spool);
  const int before = count_open_descriptors();
  spool->close_beginning();
  for (int i = 0; i < 10; ++i) spool.out("exactly 16 bytes");
  CHECK(count_open_descriptors() == before + 11);
  slow.reset();
  CHECK(count_open_descriptors() == before + 2);
}

TEST_CASE("with a closed beginning and a cursor that follows one segment is open at a time") {
  FedSpool spool(tiny_segments(16, 16));
  SpoolReader reader(*spool);
  spool->close_beginning();
  const int before = count_open_descriptors();
  int most = 0;
  for (int i = 0; i < 20'000; ++i) {
    spool.out("exactly 16 bytes");
    REQUIRE(reader.step());
    if (i % 100 == 0) most = std::max(most, count_open_descriptors());
  }
  CHECK(most == before + 2);
  CHECK(reader.segments() == 20'000);
}

TEST_CASE("a run whose callers have all passed a segment keeps it for those who may join") {
  Bench bench({}, tiny_segments());
  FakeCaller first(bench.reducer), late(bench.reducer);
  REQUIRE(first.ask("a"));
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    bench.process().out("exactly 16 bytes");
    expected += "exactly 16 bytes";
  }
  REQUIRE(late.ask("a"));
  CHECK(late.out() == expected);
  CHECK(late.segments() == 50);
}

TEST_CASE("a run that nobody can join keeps no segment that its caller has passed") {
  Bench bench({}, tiny_segments());
  FakeCaller alone(bench.reducer), signalled(bench.reducer);
  REQUIRE(alone.ask("a", TestCommand::unshared()));
  REQUIRE(signalled.ask("b"));
  REQUIRE(signalled.pass_signal(2));
  const int before = count_open_descriptors();
  for (int i = 0; i < 50; ++i) {
    bench.process(0).out("exactly 16 bytes");
    bench.process(1).out("exactly 16 bytes");
  }
  // For each run: the tail's writer and reader, and the reader that the caller was handed.
  CHECK(count_open_descriptors() == before + 6);
}

TEST_CASE("a chain of segments is let go without recursion") {
  on_small_stack([] { Segment::release(make_chain(100'000)); });
  SUCCEED("no stack overflow");
}

TEST_CASE("a long spool is let go without recursion by the spool and by a cursor") {
  const std::size_t length = long_chain();
  const bool cursor_last = GENERATE(true, false);
  on_small_stack([=] {
    auto spool = std::make_unique<FedSpool>(tiny_segments());
    auto cursor = std::make_unique<Cursor>((*spool)->begin());
    if (cursor_last) (*spool)->close_beginning();
    for (std::size_t i = 0; i < length; ++i) spool->out("exactly 16 bytes");
    if (cursor_last) {
      spool.reset();
      cursor.reset();
    } else {
      cursor.reset();
      spool.reset();
    }
  });
  SUCCEED("no stack overflow");
}

TEST_CASE("a cursor that is set to another place lets a long spool go without recursion") {
  const std::size_t length = long_chain();
  on_small_stack([=] {
    FedSpool spool(tiny_segments());
    Cursor cursor = spool->begin();
    spool->close_beginning();
    for (std::size_t i = 0; i < length; ++i) spool.out("exactly 16 bytes");
    cursor = Cursor();
  });
  SUCCEED("no stack overflow");
}
