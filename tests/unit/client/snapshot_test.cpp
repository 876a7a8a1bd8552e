#include "client/snapshot.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "support/catch.hpp"

using reduce::Snapshot;
using reduce::UniqueFd;

namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
    text += digits;
  }
  return text;
}

std::string digest_of(std::string_view text, std::size_t piece) {
  Snapshot snapshot;
  while (!text.empty()) {
    REQUIRE(snapshot.append(text.substr(0, piece)).has_value());
    text.remove_prefix(std::min(piece, text.size()));
  }
  snapshot.close();
  return snapshot.digest();
}

std::string content_of(const UniqueFd& file) {
  struct stat status {};
  REQUIRE(::fstat(file.get(), &status) == 0);
  REQUIRE(S_ISREG(status.st_mode));
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  REQUIRE(::pread(file.get(), content.data(), content.size(), 0) == status.st_size);
  return content;
}

std::string path_of(const UniqueFd& file) {
  char path[256] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(file.get());
  REQUIRE(::readlink(link.c_str(), path, sizeof path - 1) > 0);
  return path;
}

/// Bytes of which no two neighbouring pieces are alike.
std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

}  // namespace

TEST_CASE("a snapshot's digest is BLAKE2b-256 and the size") {
  CHECK(hex(digest_of("abc", 3)) ==
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
        "0300000000000000");
}

TEST_CASE("a snapshot's digest does not depend on the pieces, but on every byte") {
  const std::string text = pattern(3000);
  std::string other = text;
  other.back() ^= 1;
  CHECK(digest_of(text, 1) == digest_of(text, 3000));
  CHECK(digest_of(text, 1) != digest_of(other, 1));
  CHECK(digest_of(text, 1) != digest_of(text.substr(1), 1));
}

TEST_CASE("a snapshot is in memory up to its limit, then on disk, and whole on both") {
  const std::string text = pattern(Snapshot::kMostInMemory + 1);
  for (const std::size_t size : {std::size_t{1}, text.size() - 1, text.size()}) {
    for (const std::size_t piece : {std::size_t{70'001}, text.size()}) {
      CAPTURE(size, piece);
      Snapshot snapshot;
      for (std::size_t done = 0; done < size; done += piece) {
        const std::string_view bytes(text.data() + done, std::min(piece, size - done));
        REQUIRE(snapshot.append(bytes).has_value());
      }
      snapshot.close();
      CHECK(snapshot.size() == size);
      const UniqueFd file = snapshot.take_file();
      const bool in_memory = path_of(file).starts_with("/memfd:");
      CHECK(in_memory == (size <= Snapshot::kMostInMemory));
      CHECK(content_of(file) == text.substr(0, size));
    }
  }
}

TEST_CASE("a snapshot can be opened for reading, and what is in memory not be changed") {
  Snapshot snapshot;
  REQUIRE(snapshot.append("abc").has_value());
  snapshot.close();
  const UniqueFd file = snapshot.take_file();
  const std::string link = "/proc/self/fd/" + std::to_string(file.get());
  const UniqueFd reader(::open(link.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(reader);
  CHECK_FALSE(UniqueFd(::open(link.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)));
  CHECK(::write(file.get(), "d", 1) < 0);
  CHECK(content_of(reader) == "abc");
}
