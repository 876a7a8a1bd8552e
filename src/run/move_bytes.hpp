#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/unique_fd.hpp"

namespace reduce {

/// What a pipe would give right now, without reading it.
enum class PipeState { ready, empty, closed };
PipeState look_into(int pipe);

/// Moves at most `most` bytes from a pipe to a place in a file, without waiting. As read(2): 0 is
/// end-of-file, EAGAIN nothing there. What could not be moved is still in the pipe.
ssize_t move_bytes(int pipe, int file, std::uint64_t offset, std::size_t most);

/// Takes bytes off a pipe before they go into a file. splice(2) holds a pipe's lock for as long as
/// the file takes, and who writes to that pipe spins meanwhile; from pipe to pipe only pages change
/// hands.
class Siding {
 public:
  /// As move_bytes(), for a file that has room for `most` bytes for certain: after another fault
  /// (EIO) bytes are lost.
  ssize_t move_bytes(int pipe, int file, std::uint64_t offset, std::size_t most);

 private:
  bool open();

  UniqueFd reader_;
  UniqueFd writer_;
};

}  // namespace reduce
