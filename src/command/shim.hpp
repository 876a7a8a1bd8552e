#pragma once

#include <string_view>

namespace reduce {

/// How every shim begins, whatever version wrote it: `reduce-run --shims` writes these two lines,
/// and by them each program of ours and each shim knows a shim. The number of the version follows.
inline constexpr std::string_view kShimHead = "#!/bin/sh\n# reduce-run shim ";

enum class FileKind {
  program,  ///< a file that can be executed
  shim,     ///< one that puts reduce-run in front of a program
  missing,  ///< nothing is there
  neither,  ///< what is there is no such file, or cannot be read
};

/// What is at `path`, which, if it is relative, begins at the folder of descriptor `directory`
/// (openat(2)). Never waits for what a pipe or device may say.
FileKind kind_of_file(int directory, const char* path);

}  // namespace reduce
