#include "support/e2e/paced_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/process_table.hpp"

namespace e2e {
namespace {

using reduce::UniqueFd;

constexpr std::uint64_t kSeed = 11;

Started start(const Sandbox& box, const Words& words, int out) {
  Spawn call = box.call(words);
  call.out = Target::descriptor(out);
  return Started(call);
}

}  // namespace

Words write_noise(const Sandbox& box, std::uint64_t size) {
  return box.puppet({"wait-for", box.path("gate"), "noise", std::to_string(kSeed),
                     std::to_string(size), "out", "touch", box.path("written"), "exit", "4"});
}

PacedReader::PacedReader(const Sandbox& box, const Words& words, Ends ends)
    : reader_(std::move(ends.reader)),
      caller_(start(box, words, ends.writer.get())),
      check_(kSeed) {}

PacedReader::Ends PacedReader::make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::size_t PacedReader::take(std::size_t most) {
  buffer_.resize(most);
  const ssize_t got = ::read(reader_.get(), buffer_.data(), most);
  if (got == 0) ended_ = true;
  if (got <= 0) return 0;
  check_.take({buffer_.data(), static_cast<std::size_t>(got)});
  return static_cast<std::size_t>(got);
}

std::size_t PacedReader::capacity() const {
  return static_cast<std::size_t>(::fcntl(reader_.get(), F_GETPIPE_SZ));
}

void read_all(const std::vector<Pace>& paces, const std::function<void()>& look) {
  for (;;) {
    std::vector<pollfd> asked;
    for (const Pace& pace : paces) asked.push_back({pace.reader.descriptor(), POLLIN, 0});
    if (std::ranges::all_of(asked, [](const pollfd& one) { return one.fd < 0; })) return;
    REQUIRE(::poll(asked.data(), asked.size(), static_cast<int>(kPatience.count())) > 0);
    for (const Pace& pace : paces) pace.reader.take(pace.most);
    look();
  }
}

std::vector<std::uint64_t> output_sizes(const Sandbox& box) {
  std::vector<std::uint64_t> sizes;
  const auto list = box.list();
  for (const auto& run : list.at("runs")) sizes.push_back(run.at("output_bytes"));
  return sizes;
}

void await_output(const Sandbox& box, const std::vector<std::uint64_t>& sizes) {
  std::vector<std::uint64_t> seen;
  const bool reached = eventually([&] { return (seen = output_sizes(box)) == sizes; });
  CAPTURE(seen);
  REQUIRE(reached);
}

void check_let_go(PacedReader& reader, std::uint64_t size) {
  const Result result = reader.caller().finish();
  INFO(result);
  CHECK(result.code == 125);
  CHECK(is_own_line(result.err));
  CHECK(reader.check().size() < size);
}

void check_process_gone(const Sandbox& box) {
  const auto executed = box.executed();
  CHECK(eventually([&] { return std::ranges::none_of(executed, is_alive); }));
  CHECK(eventually([&] { return box.list().at("runs").empty(); }));
}

}  // namespace e2e
