// What the benchmark's commands do, small and linked static so that they start fast:
//   write FIFO BYTES  once a byte comes, writes so many as fast as it can
//   pulse FIFO        for each byte that comes, writes a line with the time before the write
//   hold FIFO ...     ends once a byte comes; further words only make it another command

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int write_bytes(unsigned long long left) {
  static char block[128 * 1024];
  std::memset(block, 'x', sizeof block);
  while (left > 0) {
    const size_t part = left < sizeof block ? static_cast<size_t>(left) : sizeof block;
    const ssize_t written = ::write(STDOUT_FILENO, block, part);
    if (written < 0) return 1;
    left -= static_cast<unsigned long long>(written);
  }
  return 0;
}

int pulse(int fifo) {
  char byte = 0;
  while (::read(fifo, &byte, 1) == 1) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    char line[32];
    const int size =
        std::snprintf(line, sizeof line, "%019lld\n",
                      static_cast<long long>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
    if (::write(STDOUT_FILENO, line, static_cast<size_t>(size)) != size) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int fifo = ::open(argv[2], O_RDONLY | O_CLOEXEC);
  if (fifo < 0) return 1;
  if (std::strcmp(argv[1], "pulse") == 0) return pulse(fifo);
  char byte = 0;
  if (::read(fifo, &byte, 1) != 1) return 1;
  if (std::strcmp(argv[1], "hold") == 0) return 0;
  return argc == 4 ? write_bytes(std::strtoull(argv[3], nullptr, 10)) : 2;
}
