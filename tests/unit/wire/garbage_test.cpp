#include <random>

#include "support/catch.hpp"
#include "support/wire_samples.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

/// Reads bytes by each parser there is and looks at all that those gave out: a sanitizer sees
/// whatever lies outside of the bytes.
void parse_by_all(std::string_view bytes) {
  (void)parse_frame_head(bytes, 4096);
  (void)parse_attached(bytes);
  (void)parse_signal(bytes);
  const auto inside = [bytes](std::string_view part) {
    return part.empty() || (part.data() >= bytes.data() &&
                            part.data() + part.size() <= bytes.data() + bytes.size());
  };
  if (const auto run = parse_run(bytes)) {
    std::size_t size = 0;
    for (const std::string_view text : run->args) size += text.size() + 1;
    for (const std::string_view text : run->env) size += text.size() + 1;
    REQUIRE(size == run->args.bytes().size() + run->env.bytes().size());
    REQUIRE(inside(run->args.bytes()));
    REQUIRE(inside(run->env.bytes()));
    REQUIRE(inside(run->options.ident.value_or(std::string_view())));
    REQUIRE(inside(run->options.scope));
    REQUIRE_FALSE(run->args.empty());
  }
  if (const auto notice = parse_notice(bytes)) {
    REQUIRE(notice->lengths.capacity() <= kMaxPieces);
    REQUIRE(notice->lengths.size() * sizeof(std::uint32_t) <= bytes.size());
  }
  if (const auto ending = parse_ending(bytes)) {
    if (const auto* broken = std::get_if<Broken>(&ending->outcome)) {
      REQUIRE(broken->reason.size() <= bytes.size());
    }
  }
  if (const auto refused = parse_refused(bytes)) REQUIRE(inside(refused->reason));
  if (const auto query = parse_query(bytes)) REQUIRE(inside(query->argument));
}

/// A copy of its own size, so that a read past its end is one past an allocation.
struct Exact {
  explicit Exact(std::string_view from) : bytes(from.begin(), from.end()) { bytes.shrink_to_fit(); }
  std::string_view view() const { return {bytes.data(), bytes.size()}; }
  std::vector<char> bytes;
};

}  // namespace

TEST_CASE("every valid message is accepted and every truncation of it is refused") {
  for (const WireSample& sample : wire_samples()) {
    INFO(sample.name);
    CHECK(sample.parse(sample.body));
    for (std::size_t size = 0; size < sample.fixed; ++size) {
      const Exact cut(std::string_view(sample.body).substr(0, size));
      if (sample.parse(cut.view())) FAIL("accepted with " << size << " bytes only");
    }
  }
}

TEST_CASE("a message with bytes after its end is refused") {
  for (const WireSample& sample : wire_samples()) {
    if (sample.fixed != sample.body.size()) continue;  // its text goes to the end
    if (sample.name == "attached") continue;           // its note
    INFO(sample.name);
    CHECK_FALSE(sample.parse(sample.body + '\0'));
    CHECK_FALSE(sample.parse(sample.body + "more"));
  }
}

TEST_CASE("garbage is never read past its end and never makes more of itself") {
  std::mt19937 random(20240611);
  for (int round = 0; round < 100'000; ++round) {
    std::vector<char> bytes(random() % (round % 100 == 0 ? 3000 : 300));
    // Small numbers are likelier to look like sizes and kinds.
    const unsigned largest = round % 2 == 0 ? 256 : 4;
    for (char& byte : bytes) byte = static_cast<char>(random() % largest);
    bytes.shrink_to_fit();
    parse_by_all({bytes.data(), bytes.size()});
  }
}

TEST_CASE("a valid message with a few wrong bytes is never read past its end") {
  std::mt19937 random(20240612);
  const auto samples = wire_samples();
  for (int round = 0; round < 100'000; ++round) {
    Exact bytes(samples[random() % samples.size()].body);
    for (unsigned faults = 1 + random() % 3; faults > 0; --faults) {
      bytes.bytes[random() % bytes.bytes.size()] = static_cast<char>(random());
    }
    parse_by_all(bytes.view());
  }
}
