// Preloaded into a daemon, it makes that larger by $REDUCE_BENCH_BALLAST bytes, each page in use.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {

[[gnu::constructor]] void take_memory() {
  const char* wanted = std::getenv("REDUCE_BENCH_BALLAST");
  if (wanted == nullptr) return;
  const size_t size = std::strtoull(wanted, nullptr, 10);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) ::_exit(98);
  // The hardest case for who copies page tables: no huge pages.
  ::madvise(memory, size, MADV_NOHUGEPAGE);
  std::memset(memory, 1, size);
}

}  // namespace
