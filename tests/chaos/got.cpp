#include "chaos/got.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "support/e2e/noise.hpp"

namespace chaos {
namespace {

constexpr std::string_view kOwn = "reduce-run: ";

/// How much at the beginning of a text is the noise of `seed`, at most `size` bytes.
std::size_t count_noise(std::string_view text, std::uint64_t seed, std::size_t size) {
  std::string noise(std::min(size, text.size()), '\0');
  e2e::Noise(seed).fill(noise.data(), noise.size());
  return static_cast<std::size_t>(std::ranges::mismatch(noise, text).in1 - noise.begin());
}

/// It begins somewhere among the last few bytes that were taken for the command's own, by chance.
bool ends_in_afterword(std::string_view text, Nonce nonce, std::size_t own) {
  for (std::size_t back = 0; back <= std::min<std::size_t>(own, 4); ++back) {
    const std::string_view rest = text.substr(own - back);
    if (count_noise(rest, afterword_seed_of(nonce), kAfterwordSize) == rest.size()) return true;
  }
  return false;
}

}  // namespace

Got compare(std::string_view text, Stream stream, const Work& work) {
  Got got;
  const std::size_t size =
      (stream == Stream::out ? work.out : work.err) / work.pieces * work.pieces;
  const std::string_view head = text.substr(0, kHeadSize);
  Nonce nonce = 0;
  const auto read = std::from_chars(head.data(), head.data() + head.size(), nonce, 16);
  got.is_right = head.empty() || read.ptr == head.data() + head.size();
  if (head.size() < kHeadSize || !got.is_right) return got;
  got.nonce = nonce;
  text.remove_prefix(kHeadSize);
  const std::size_t own = count_noise(text, seed_of(nonce, stream), size);
  got.is_whole = own == size;
  got.is_right = own == text.size();
  // Whenever the process ended.
  if (work.finale == Finale::leaves && stream == Stream::out && !got.is_right) {
    got.is_right = ends_in_afterword(text, nonce, own);
  }
  return got;
}

Lines split(std::string_view err) {
  Lines lines;
  const std::size_t end = err.find('\n');
  if (err.starts_with(kOwn) && err.substr(0, end).ends_with("; running the command directly")) {
    lines.before = err.substr(0, end);
    err.remove_prefix(end + 1);
  }
  if (const std::size_t at = err.rfind(kOwn); at != err.npos) {
    lines.after = err.substr(at);
    lines.is_right = lines.after.find('\n') == lines.after.size() - 1;
    lines.after.pop_back();
    err = err.substr(0, at);
  }
  lines.between = err;
  lines.is_right &= err.find(kOwn) == err.npos;
  return lines;
}

}  // namespace chaos
