#pragma once

#include <cstdint>
#include <vector>

#include "measure/process.hpp"

namespace bench {

/// Many pipes that this process reads as something comes.
class Readers {
 public:
  Readers();

  void add(UniqueFd reader);
  std::size_t size() const { return pipes_.size(); }

  /// Reads all of them to their ends. Returns how many bytes came.
  std::uint64_t drain();
  /// Reads until each has given `bytes` more than by the last call. Returns the last ones.
  std::string take_from_each(std::size_t bytes);

 private:
  struct Reader {
    UniqueFd pipe;
    std::size_t ahead = 0;  ///< bytes of the line at hand that have come
  };
  template <class Handle>
  void wait(Handle handle);
  std::size_t read(Reader& from);

  UniqueFd epoll_;
  std::vector<Reader> pipes_;
  std::vector<char> buffer_;
};

}  // namespace bench
