#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "support/e2e/noise.hpp"
#include "support/e2e/sandbox.hpp"

namespace e2e {

inline constexpr std::uint64_t kMebibyte = 1 << 20;

/// A command that writes so much noise once the file `gate` is there, touches `written`, and exits
/// with 4.
Words write_noise(const Sandbox& box, std::uint64_t size);

/// A caller of write_noise() whose stdout is read only when, and as far as, the test says.
class PacedReader {
 public:
  PacedReader(const Sandbox& box, const Words& words) : PacedReader(box, words, make_pipe()) {}

  /// Takes at most so much of what is there; how much that was.
  std::size_t take(std::size_t most);
  bool has_ended() const { return ended_; }
  /// How much fits into the caller's pipe while nothing is taken.
  std::size_t capacity() const;
  /// Readable when there is something to take; negative at end-of-file.
  int descriptor() const { return ended_ ? -1 : reader_.get(); }
  const NoiseCheck& check() const { return check_; }
  Started& caller() { return caller_; }

 private:
  struct Ends {
    reduce::UniqueFd reader, writer;
  };
  PacedReader(const Sandbox& box, const Words& words, Ends ends);
  static Ends make_pipe();

  reduce::UniqueFd reader_;
  Started caller_;
  NoiseCheck check_;
  std::string buffer_;
  bool ended_ = false;
};

/// One that is read, and how much of what is there at a time.
struct Pace {
  PacedReader& reader;
  std::size_t most;
};

/// Reads all to their ends, each at its own pace, and looks in between.
void read_all(
    const std::vector<Pace>& paces, const std::function<void()>& look = [] {});

/// What runs have put out so far, in the order of their starts.
std::vector<std::uint64_t> output_sizes(const Sandbox& box);
void await_output(const Sandbox& box, const std::vector<std::uint64_t>& sizes);

/// It ends with 125 and one line, without all of the output.
void check_let_go(PacedReader& reader, std::uint64_t size);
/// Nothing is left of what was run.
void check_process_gone(const Sandbox& box);

}  // namespace e2e
