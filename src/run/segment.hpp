#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "wire/message.hpp"

namespace reduce {

/// A segment's file. `writer` is for the daemon alone; `reader` is handed to callers and cannot
/// write.
struct SegmentFile {
  UniqueFd writer;
  UniqueFd reader;
  std::uint64_t capacity = 0;
};

/// One file of a spool and the journal of what is in it. Segments form a chain: each keeps the
/// next alive, so that a segment is closed as soon as the spool and every cursor are past it.
class Segment {
 public:
  /// The first one has no file before there is something to put into it.
  Segment() = default;
  explicit Segment(SegmentFile file) : file_(std::move(file)) {}

  void set_file(SegmentFile file) { file_ = std::move(file); }
  bool has_file() const { return static_cast<bool>(file_.reader); }
  int writer() const { return file_.writer.get(); }
  int reader() const { return file_.reader.get(); }
  std::uint64_t size() const { return size_; }
  std::uint64_t room() const { return file_.capacity - size_; }

  /// Notes that `bytes` more of `stream` are in the file.
  void record(Stream stream, std::uint32_t bytes);
  /// The journal: lengths of pieces from offset 0 on, streams alternating, first() first.
  Stream first() const { return first_; }
  const std::vector<std::uint32_t>& pieces() const { return pieces_; }

  /// Ends this segment: from now on output goes to `next`.
  void chain(std::shared_ptr<Segment> next);
  const std::shared_ptr<Segment>& next() const { return next_; }

  /// Lets go of the first reference in a chain; a long chain is not freed by recursion.
  static void release(std::shared_ptr<Segment> first);

 private:
  SegmentFile file_;
  std::uint64_t size_ = 0;
  Stream first_ = Stream::out;
  std::vector<std::uint32_t> pieces_;
  std::shared_ptr<Segment> next_;
};

/// Makes the files of segments. Outlives every spool.
class SegmentStore {
 public:
  struct Settings {
    std::string folder = "/var/tmp";
    std::uint64_t first_size = 1 << 20;  ///< of a run's first segment, in memory
    std::uint64_t next_size = 64 << 20;  ///< of each later one, a file without a name in `folder`
  };
  explicit SegmentStore(Settings settings) : settings_(std::move(settings)) {}

  Result<SegmentFile> make_first() const;
  Result<SegmentFile> make_next() const;

 private:
  Settings settings_;
};

}  // namespace reduce
