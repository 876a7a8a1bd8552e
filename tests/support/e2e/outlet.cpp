#include "support/e2e/outlet.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "support/catch.hpp"

namespace e2e {
namespace {

using reduce::UniqueFd;

constexpr std::size_t kLargePiece = 256 * 1024;
/// No power of two, so that pieces end anywhere.
constexpr std::size_t kSmallPiece = 3001;

void await_readable(int fd) {
  pollfd asked{fd, POLLIN, 0};
  REQUIRE(::poll(&asked, 1, static_cast<int>(kPatience.count())) == 1);
}

/// Reads until end-of-file.
void take_stream(int fd, std::size_t piece, PartsCheck& check) {
  std::vector<char> buffer(piece);
  for (;;) {
    await_readable(fd);
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    REQUIRE(got >= 0);
    if (got == 0) return;
    check.take({buffer.data(), static_cast<std::size_t>(got)});
  }
}

class PipeOutlet : public Outlet {
 public:
  explicit PipeOutlet(int flags) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
    if (flags != 0) REQUIRE(::fcntl(ends[1], F_SETFL, flags) == 0);
    flags_ = ::fcntl(ends[1], F_GETFL);
  }
  Target out() const override { return Target::descriptor(writer_.get()); }
  void take(PartsCheck& check) override {
    // Its flags are shared with others, and must stay as they are.
    CHECK(::fcntl(writer_.get(), F_GETFL) == flags_);
    writer_.reset();
    take_stream(reader_.get(), kLargePiece, check);
  }

 protected:
  UniqueFd reader_, writer_;
  int flags_ = 0;
};

class FullPipeOutlet : public PipeOutlet {
 public:
  FullPipeOutlet() : PipeOutlet(0) {
    const std::string path = "/proc/self/fd/" + std::to_string(writer_.get());
    const UniqueFd filler(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const std::array<char, 4096> bytes{};
    for (ssize_t put = 1; put > 0; filled_ += put > 0 ? static_cast<std::size_t>(put) : 0) {
      put = ::write(filler.get(), bytes.data(), bytes.size());
    }
    REQUIRE(filled_ > 0);
  }
  void take(PartsCheck& check) override {
    writer_.reset();
    std::array<char, 1000> buffer;
    while (filled_ > 0) {
      const ssize_t got = ::read(reader_.get(), buffer.data(), std::min(filled_, buffer.size()));
      REQUIRE(got > 0);
      filled_ -= static_cast<std::size_t>(got);
    }
    take_stream(reader_.get(), kSmallPiece, check);
  }

 private:
  std::size_t filled_ = 0;
};

class FileOutlet : public Outlet {
 public:
  FileOutlet(std::string path, int flags) : path_(std::move(path)) {
    out_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | flags, 0600));
    REQUIRE(out_);
    REQUIRE(::write(out_.get(), kBefore.data(), kBefore.size()) == ssize_t{kBefore.size()});
  }
  Target out() const override { return Target::descriptor(out_.get()); }
  void take_rest(PartsCheck& check) override {
    const UniqueFd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, kBefore.size()> before{};
    REQUIRE(::read(file.get(), before.data(), before.size()) == ssize_t{before.size()});
    CHECK(std::string_view(before.data(), before.size()) == kBefore);
    take_stream(file.get(), kLargePiece, check);
    ::unlink(path_.c_str());
  }

 protected:
  static constexpr std::string_view kBefore = "kept";
  const std::string path_;
  UniqueFd out_;
};

class TwiceAppendedOutlet : public FileOutlet {
 public:
  explicit TwiceAppendedOutlet(const std::string& path)
      : FileOutlet(path, O_APPEND), err_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)) {}
  Target err() const override { return Target::descriptor(err_.get()); }

 private:
  UniqueFd err_;
};

/// It stays open, so that what it was sent cannot be lost; there is no end-of-file.
class TerminalOutlet : public Outlet {
 public:
  TerminalOutlet() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
    REQUIRE(master_);
    REQUIRE(::grantpt(master_.get()) == 0);
    REQUIRE(::unlockpt(master_.get()) == 0);
    std::array<char, 128> name;
    REQUIRE(::ptsname_r(master_.get(), name.data(), name.size()) == 0);
    slave_.reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(slave_);
    termios mode{};
    ::tcgetattr(slave_.get(), &mode);
    ::cfmakeraw(&mode);
    REQUIRE(::tcsetattr(slave_.get(), TCSANOW, &mode) == 0);
    flags_ = ::fcntl(slave_.get(), F_GETFL);
  }
  Target out() const override { return Target::descriptor(slave_.get()); }
  void take(PartsCheck& check) override {
    while (!check.has_all()) {
      await_readable(master_.get());
      take_some(check);
    }
  }
  void take_rest(PartsCheck& check) override {
    take_some(check);
    CHECK(::fcntl(slave_.get(), F_GETFL) == flags_);
  }

 private:
  void take_some(PartsCheck& check) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(master_.get(), buffer.data(), buffer.size());
    if (got > 0) check.take({buffer.data(), static_cast<std::size_t>(got)});
  }

  UniqueFd master_, slave_;
  int flags_ = 0;
};

class SocketOutlet : public Outlet {
 public:
  SocketOutlet() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
  }
  Target out() const override { return Target::descriptor(writer_.get()); }
  void started() override { writer_.reset(); }
  void take(PartsCheck& check) override { take_stream(reader_.get(), kLargePiece, check); }

 private:
  UniqueFd reader_, writer_;
};

class NullOutlet : public Outlet {
 public:
  NullOutlet() : device_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {}
  Target out() const override { return Target::descriptor(device_.get()); }

 private:
  UniqueFd device_;
};

}  // namespace

std::unique_ptr<Outlet> Outlet::make(Kind kind, const std::string& path) {
  switch (kind) {
    case Kind::pipe:
      return std::make_unique<PipeOutlet>(0);
    case Kind::nonblocking_pipe:
      return std::make_unique<PipeOutlet>(O_NONBLOCK);
    case Kind::full_pipe:
      return std::make_unique<FullPipeOutlet>();
    case Kind::file:
      return std::make_unique<FileOutlet>(path, 0);
    case Kind::appended_file:
      return std::make_unique<FileOutlet>(path, O_APPEND);
    case Kind::twice_appended_file:
      return std::make_unique<TwiceAppendedOutlet>(path);
    case Kind::terminal:
      return std::make_unique<TerminalOutlet>();
    case Kind::socket:
      return std::make_unique<SocketOutlet>();
    case Kind::null_device:
      break;
  }
  return std::make_unique<NullOutlet>();
}

}  // namespace e2e
