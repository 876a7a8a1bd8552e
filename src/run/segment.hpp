#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/spool_folder.hpp"
#include "base/unique_fd.hpp"
#include "run/move_bytes.hpp"
#include "wire/message.hpp"

namespace reduce {

/// Bytes that are kept: of one run, and by way of it of all.
class Usage {
 public:
  explicit Usage(std::shared_ptr<Usage> all = nullptr) : all_(std::move(all)) {}
  Usage(const Usage&) = delete;

  void add(std::uint64_t bytes) {
    bytes_ += bytes;
    if (all_) all_->add(bytes);
  }
  void remove(std::uint64_t bytes) {
    bytes_ -= bytes;
    if (all_) all_->remove(bytes);
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
  const std::shared_ptr<Usage> all_;
};

/// A segment's file. `writer` is for the daemon alone; `reader` is handed to callers and cannot
/// write.
struct SegmentFile {
  UniqueFd writer;
  UniqueFd reader;
  std::uint64_t capacity = 0;
  bool can_reserve = false;  ///< room for it on a disk may be taken beforehand
};

/// One file of a spool and the journal of what is in it. Segments form a chain: each keeps the
/// next alive, so that a segment is closed as soon as the spool and every cursor are past it.
class Segment {
 public:
  /// The first one has no file before there is something to put into it.
  explicit Segment(std::shared_ptr<Usage> usage) : usage_(std::move(usage)) {}
  Segment(SegmentFile file, std::shared_ptr<Usage> usage)
      : file_(std::move(file)), usage_(std::move(usage)) {}
  ~Segment() { usage_->remove(size_); }
  Segment(const Segment&) = delete;

  void set_file(SegmentFile file) { file_ = std::move(file); }
  bool has_file() const { return static_cast<bool>(file_.reader); }
  int writer() const { return file_.writer.get(); }
  int reader() const { return file_.reader.get(); }
  std::uint64_t size() const { return size_; }
  std::uint64_t room() const { return file_.capacity - size_; }

  /// Makes sure of room on the disk for `bytes` more, which are at most room(). False where that
  /// cannot be.
  bool reserve(std::uint64_t bytes);
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
  const std::shared_ptr<Usage> usage_;
  std::uint64_t size_ = 0;
  std::uint64_t reserved_ = 0;  ///< as a size of the file
  Stream first_ = Stream::out;
  std::vector<std::uint32_t> pieces_;
  std::shared_ptr<Segment> next_;
};

/// Makes the files of segments. Outlives every spool.
class SegmentStore {
 public:
  struct Settings {
    std::string folder = kSpoolFolder;
    std::uint64_t first_size = 1 << 20;    ///< of a run's first segment, in memory
    std::uint64_t next_size = 64 << 20;    ///< of each later one, a file without a name in `folder`
    std::uint64_t run_limit = 4ULL << 30;  ///< bytes kept for one run
    std::uint64_t total_limit = 16ULL << 30;  ///< bytes kept for all runs
  };
  explicit SegmentStore(Settings settings);

  Result<SegmentFile> make_first() const;
  Result<SegmentFile> make_next() const;

  /// For the segments of one run.
  std::shared_ptr<Usage> make_usage() const { return std::make_shared<Usage>(all_); }
  /// How much more may be kept of a run of this usage. A part of the total is for runs of which
  /// little is kept: they can begin however much others have.
  std::uint64_t room_for(const Usage& run) const;
  bool is_within_run_limit(const Usage& run) const { return run.bytes() < settings_.run_limit; }
  /// One for all spools, open for as long as one of them has it: it is empty in between.
  std::shared_ptr<Siding> siding() const;

 private:
  Settings settings_;
  mutable std::weak_ptr<Siding> siding_;
  const std::shared_ptr<Usage> all_ = std::make_shared<Usage>();  ///< outlives it in segments
};

}  // namespace reduce
