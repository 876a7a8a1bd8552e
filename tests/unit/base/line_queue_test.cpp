#include "base/line_queue.hpp"

#include <deque>
#include <random>
#include <string>

#include "support/catch.hpp"

using namespace reduce;

namespace {

LineQueue make_queue(std::size_t most) {
  return {most, [](std::uint64_t count) { return "dropped " + std::to_string(count); }};
}

std::string take_all(LineQueue& queue) {
  std::string taken;
  while (!queue.empty()) {
    taken += queue.bytes().front();
    queue.pop(1);
  }
  return taken;
}

}  // namespace

TEST_CASE("lines that wait come whole and in their order") {
  LineQueue queue = make_queue(64);
  CHECK(queue.empty());
  queue.push("one");
  queue.push("");
  queue.push("three");
  CHECK(queue.bytes() == "one\n\nthree\n");
  queue.pop(4);
  CHECK(queue.bytes() == "\nthree\n");
  queue.pop(7);
  CHECK(queue.empty());
}

TEST_CASE("a line that just fits is kept, one byte more is too much") {
  LineQueue queue = make_queue(8);
  queue.push("1234567");
  CHECK(queue.bytes() == "1234567\n");
  queue.push("");
  CHECK(queue.bytes() == "1234567\n");
}

TEST_CASE("what finds no room is dropped, and a line in its place says how many") {
  LineQueue queue = make_queue(16);
  queue.push("1111111");
  queue.push("2222222");
  queue.push("3333333");
  // There would be room for it, but the gap before it has not been told.
  queue.pop(4);
  queue.push("4");
  CHECK(queue.bytes() == "111\n2222222\n");
  queue.pop(4);
  CHECK(queue.bytes() == "2222222\ndropped 2\n");
  CHECK(take_all(queue) == "2222222\ndropped 2\n");
  queue.push("5");
  CHECK(take_all(queue) == "5\n");
}

TEST_CASE("a line longer than all the room is told as dropped and holds up no other") {
  LineQueue queue = make_queue(16);
  queue.push(std::string(100, 'x'));
  queue.push("next");
  CHECK(take_all(queue) == "dropped 1\nnext\n");
  queue.push("a");
  queue.push(std::string(100, 'x'));
  queue.push("b");
  CHECK(take_all(queue) == "a\ndropped 1\nb\n");
}

TEST_CASE("another reader begins with a whole line") {
  LineQueue queue = make_queue(64);
  queue.push("one");
  queue.push("two");
  SECTION("nothing was taken") {
    queue.drop_partial_line();
    CHECK(queue.bytes() == "one\ntwo\n");
  }
  SECTION("a part of a line was taken") {
    queue.pop(2);
    queue.pop(0);
    queue.drop_partial_line();
    CHECK(queue.bytes() == "two\n");
    queue.drop_partial_line();
    CHECK(queue.bytes() == "two\n");
  }
  SECTION("all but a newline was taken") {
    queue.pop(3);
    queue.drop_partial_line();
    CHECK(queue.bytes() == "two\n");
  }
  SECTION("whole lines were taken") {
    queue.pop(4);
    queue.drop_partial_line();
    CHECK(queue.bytes() == "two\n");
  }
}

TEST_CASE("lines taken and lines dropped add up, whatever the reader's pace") {
  std::mt19937 random(GENERATE(range(1U, 9U)));
  constexpr std::size_t most = 200;
  constexpr std::size_t longest_note = 20;
  LineQueue queue = make_queue(most);
  std::string taken;
  constexpr unsigned pushed = 5000;
  for (unsigned number = 1; number <= pushed; ++number) {
    std::string line = std::to_string(number);
    line.resize(line.size() + random() % (random() % 50 == 0 ? 300 : 30), '.');
    queue.push(line);
    REQUIRE(queue.bytes().size() <= most + longest_note);
    const std::size_t size = random() % 3 == 0 ? random() % (queue.bytes().size() + 1) : 0;
    taken += queue.bytes().substr(0, size);
    queue.pop(size);
  }
  taken += take_all(queue);
  unsigned next = 1;
  for (std::size_t at = 0; at < taken.size(); at = taken.find('\n', at) + 1) {
    const std::string line = taken.substr(at, taken.find('\n', at) - at);
    if (line.starts_with("dropped ")) {
      next += static_cast<unsigned>(std::stoul(line.substr(8)));
    } else {
      REQUIRE(std::stoul(line) == next++);
    }
  }
  CHECK(next == pushed + 1);
}
