#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "run/spool.hpp"
#include "support/descriptors.hpp"

namespace reduce::test {

/// Output as one string that shows where streams change: "o:text e:TEXT ".
class Tagged {
 public:
  void add(Stream stream, std::string_view bytes) {
    if (bytes.empty()) return;
    if (pieces_.empty() || pieces_.back().first != stream) pieces_.emplace_back(stream, "");
    pieces_.back().second += bytes;
  }
  std::string text() const {
    std::string text;
    for (const auto& [stream, bytes] : pieces_) {
      text += (stream == Stream::out ? "o:" : "e:") + bytes + " ";
    }
    return text;
  }
  std::string of(Stream wanted) const {
    std::string text;
    for (const auto& [stream, bytes] : pieces_) {
      if (stream == wanted) text += bytes;
    }
    return text;
  }

 private:
  std::vector<std::pair<Stream, std::string>> pieces_;
};

/// Follows a spool from its beginning with one cursor.
class SpoolReader {
 public:
  explicit SpoolReader(const Spool& spool) : spool_(spool), cursor_(spool.begin()) {}

  /// Takes one notice and reads what it announces. False where there was none.
  bool step() {
    if (!spool_.next(cursor_, notice_)) return false;
    if (notice_.new_segment) {
      ++segments_;
      offset_ = 0;
    }
    Stream stream = notice_.first;
    for (const std::uint32_t length : notice_.lengths) {
      const std::string bytes = read_at(cursor_.segment().reader(), offset_, length);
      if (bytes.size() != length) throw std::logic_error("less in the spool than was announced");
      seen_.add(stream, bytes);
      offset_ += length;
      stream = other(stream);
    }
    return true;
  }
  /// Reads all that is there.
  const SpoolReader& read() {
    while (step()) {
    }
    return *this;
  }

  std::string text() const { return seen_.text(); }
  std::string of(Stream stream) const { return seen_.of(stream); }
  const Notice& notice() const { return notice_; }
  const Cursor& cursor() const { return cursor_; }
  bool is_at_end() const { return spool_.is_at_end(cursor_); }
  int segments() const { return segments_; }

 private:
  const Spool& spool_;
  Cursor cursor_;
  Notice notice_;
  Tagged seen_;
  std::uint64_t offset_ = 0;
  int segments_ = 0;
};

/// A spool and two pipes that feed it.
class FedSpool {
 public:
  explicit FedSpool(SegmentStore::Settings settings = {})
      : store_(std::move(settings)), spool_(store_) {}

  Spool& operator*() { return spool_; }
  Spool* operator->() { return &spool_; }

  /// Writes to a pipe and has the spool take all of it, at most `chunk` bytes at a time.
  void feed(Stream stream, std::string_view bytes, std::size_t chunk = 1 << 20) {
    while (!bytes.empty()) {
      bytes.remove_prefix(pipe(stream).put(bytes));
      for (;;) {
        const auto intake = take(stream, chunk);
        if (!intake) throw std::runtime_error(intake.error().text);
        if (intake->bytes > chunk) throw std::logic_error("more was taken than allowed");
        if (intake->state != Intake::State::taken) break;
      }
    }
  }
  void out(std::string_view bytes) { feed(Stream::out, bytes); }
  void err(std::string_view bytes) { feed(Stream::err, bytes); }

  Result<Intake> take(Stream stream, std::size_t most) {
    return spool_.take(stream, pipe(stream).reader.get(), most);
  }
  TestPipe& pipe(Stream stream) { return pipes_[static_cast<std::size_t>(stream)]; }

 private:
  SegmentStore store_;
  Spool spool_;
  TestPipe pipes_[2];
};

}  // namespace reduce::test
