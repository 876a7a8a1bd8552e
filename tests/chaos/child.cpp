// What chaos runs: chaos_child RUNS OUT ERR PIECES PAUSE INPUT FINALE. Adds its number and pid to
// the file RUNS, then writes OUT and ERR bytes that follow from the number, in so many PIECES with
// a PAUSE of ms after each, once it has read INPUT bytes from stdin.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "chaos/writing.hpp"
#include "support/e2e/noise.hpp"

namespace {

using namespace chaos;

/// An output that is gone ends this by SIGPIPE.
void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(98);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

Nonce draw() {
  Nonce nonce = 0;
  while (::getrandom(&nonce, sizeof nonce, 0) != sizeof nonce) continue;
  return nonce;
}

/// In one write: lines of many processes do not mix.
void count_this(const char* file, Nonce nonce) {
  const int fd = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) ::_exit(98);
  write_all(fd, head_of(nonce) + " " + std::to_string(::getpid()) + "\n");
  ::close(fd);
}

/// The noise of one stream, a part at a time.
class Writer {
 public:
  Writer(int fd, Nonce nonce, Stream stream) : fd_(fd), noise_(seed_of(nonce, stream)) {}
  void write(std::size_t size) {
    buffer_.resize(size);
    noise_.fill(buffer_.data(), size);
    write_all(fd_, {buffer_.data(), size});
  }

 private:
  int fd_;
  e2e::Noise noise_;
  std::vector<char> buffer_;
};

bool is_input_right(std::size_t size) {
  e2e::NoiseCheck check(kInputSeed);
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got <= 0) return got == 0 && check.is_whole(size);
    check.take({buffer, static_cast<std::size_t>(got)});
  }
}

/// Goes on until its parent has ended, and a little longer.
void leave_behind(Nonce nonce) {
  const pid_t parent = ::getpid();
  if (::fork() != 0) return;
  while (::getppid() == parent) ::poll(nullptr, 0, 5);
  char bytes[kAfterwordSize];
  e2e::Noise(afterword_seed_of(nonce)).fill(bytes, sizeof bytes);
  ::poll(nullptr, 0, 20);
  write_all(STDOUT_FILENO, {bytes, sizeof bytes});
  ::_exit(0);
}

std::size_t number(const char* text) {
  return std::strtoull(text, nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 97;
  const Nonce nonce = draw();
  count_this(argv[1], nonce);
  const auto finale = static_cast<Finale>(number(argv[7]));
  if (finale == Finale::stubborn) {
    for (const int ignored : {SIGTERM, SIGINT, SIGHUP}) ::signal(ignored, SIG_IGN);
  }
  const std::size_t input = number(argv[6]);
  if (input > 0 && !is_input_right(input)) return kBadInput;
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) write_all(fd, head_of(nonce));
  if (finale == Finale::leaves) leave_behind(nonce);
  Writer out(STDOUT_FILENO, nonce, Stream::out), err(STDERR_FILENO, nonce, Stream::err);
  const std::size_t pieces = number(argv[4]);
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    out.write(number(argv[2]) / pieces);
    err.write(number(argv[3]) / pieces);
    ::poll(nullptr, 0, static_cast<int>(number(argv[5])));
  }
  const End end = natural_end(nonce, finale);
  if (end.signal == 0) ::_exit(end.code);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::raise(end.signal);
}
