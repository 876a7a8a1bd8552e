#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace reduce {

/// A file that is written whole or not at all: beside its path first, then renamed; a link is
/// followed. A device, a pipe, or an output of this process's own, as /dev/stderr is, stays what it
/// is and is appended to.
class WholeFile {
 public:
  /// Opens it, so that a path that cannot be written is known before there is anything to write.
  static Result<WholeFile> open(const std::string& path);
  WholeFile(WholeFile&& other) noexcept = default;
  WholeFile& operator=(WholeFile&&) = delete;
  /// Without finish(), nothing is left of it.
  ~WholeFile();

  /// Adds to it. What goes wrong is told by finish().
  void write(std::string_view text);
  /// All is written: the file gets its name.
  Result<void> finish();

 private:
  WholeFile(std::string path, std::string beside, UniqueFd file)
      : path_(std::move(path)), beside_(std::move(beside)), file_(std::move(file)) {}
  void flush();

  std::string path_;
  std::string beside_;  ///< empty where the path is written directly
  UniqueFd file_;
  std::string pending_;
  int fault_ = 0;
};

}  // namespace reduce
