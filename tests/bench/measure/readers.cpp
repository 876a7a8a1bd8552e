#include "measure/readers.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "measure/trouble.hpp"

namespace bench {
namespace {

/// As much as a pipe holds by default.
constexpr std::size_t kBuffer = 64 * 1024;

}  // namespace

Readers::Readers() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kBuffer) {
  if (!epoll_) fail("epoll");
}

void Readers::add(UniqueFd reader) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = pipes_.size();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, reader.get(), &event) != 0) fail("epoll");
  pipes_.push_back({std::move(reader)});
}

template <class Handle>
void Readers::wait(Handle handle) {
  std::array<epoll_event, 64> events;
  const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
  if (ready < 0 && errno != EINTR) fail("epoll");
  check_interrupted();
  for (int n = 0; n < ready; ++n) handle(pipes_[events[static_cast<std::size_t>(n)].data.u64]);
}

std::size_t Readers::read(Reader& from) {
  const ssize_t got = ::read(from.pipe.get(), buffer_.data(), buffer_.size());
  if (got < 0) fail("read");
  return static_cast<std::size_t>(got);
}

std::uint64_t Readers::drain() {
  std::uint64_t bytes = 0;
  std::size_t open = pipes_.size();
  while (open > 0) {
    wait([&](Reader& reader) {
      const std::size_t got = read(reader);
      bytes += got;
      if (got > 0) return;
      reader.pipe.reset();
      --open;
    });
  }
  return bytes;
}

std::string Readers::take_from_each(std::size_t bytes) {
  std::size_t missing = pipes_.size();
  for (Reader& reader : pipes_) reader.ahead = 0;
  while (missing > 0) {
    wait([&](Reader& reader) {
      const std::size_t got = read(reader);
      reader.ahead += got;
      if (got == 0 || reader.ahead > bytes) throw Broken("a line is not as it was written");
      if (reader.ahead == bytes) --missing;
    });
  }
  return std::string(buffer_.data(), bytes);
}

}  // namespace bench
