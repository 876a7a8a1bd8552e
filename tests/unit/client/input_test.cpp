#include "client/input.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/catch.hpp"

using reduce::Input;
using reduce::InputMode;
using reduce::UniqueFd;

namespace {

constexpr InputMode kModes[] = {InputMode::automatic, InputMode::pass, InputMode::none};

/// Makes a descriptor this process's stdin for as long as it lives; -1 closes it.
class Stdin {
 public:
  explicit Stdin(int fd) : before_(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) {
    if (fd >= 0) {
      REQUIRE(::dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    } else {
      ::close(STDIN_FILENO);
    }
  }
  ~Stdin() { ::dup2(before_.get(), STDIN_FILENO); }
  Stdin(const Stdin&) = delete;

 private:
  UniqueFd before_;
};

UniqueFd file_of(const std::string& text) {
  UniqueFd file(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  REQUIRE(file);
  REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// The reading end of a pipe that holds `text` and has no writer any more.
UniqueFd pipe_of(const std::string& text) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd writer(ends[1]);
  REQUIRE(::write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return UniqueFd(ends[0]);
}

std::string content_of(const Input& input) {
  std::string content(10'000, '\0');
  const ssize_t got = ::pread(input.descriptor(), content.data(), content.size(), 0);
  return got < 0 ? "no descriptor" : content.substr(0, static_cast<std::size_t>(got));
}

/// What is left to read of stdin.
std::string rest_of_stdin() {
  std::string content(10'000, '\0');
  const ssize_t got = ::read(STDIN_FILENO, content.data(), content.size());
  return got < 0 ? "unreadable" : content.substr(0, static_cast<std::size_t>(got));
}

bool is_empty(const Input& input) {
  return input.digest().empty() && input.descriptor() < 0;
}

std::string digest_of(const std::string& text) {
  const UniqueFd file = file_of(text);
  const Stdin stdin_is(file.get());
  Input input(InputMode::automatic);
  REQUIRE(input.take().has_value());
  return std::string(input.digest());
}

}  // namespace

TEST_CASE("a file's content is taken from its offset, which does not move") {
  const UniqueFd file = file_of("one two");
  const Stdin stdin_is(file.get());
  Input input(InputMode::automatic);
  SECTION("at its beginning") {
    REQUIRE(input.take().has_value());
    CHECK(content_of(input) == "one two");
    CHECK(input.digest() == digest_of("one two"));
    CHECK(rest_of_stdin() == "one two");
  }
  SECTION("in the middle") {
    ::lseek(STDIN_FILENO, 4, SEEK_SET);
    REQUIRE(input.take().has_value());
    CHECK(content_of(input) == "two");
    CHECK(input.digest() == digest_of("two"));
    CHECK(rest_of_stdin() == "two");
  }
  SECTION("at or behind its end there is nothing") {
    ::lseek(STDIN_FILENO, GENERATE(7, 8), SEEK_SET);
    REQUIRE(input.take().has_value());
    CHECK(is_empty(input));
  }
}

TEST_CASE("a file that says it has no bytes is read all the same") {
  const UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  const Stdin stdin_is(file.get());
  Input input(InputMode::automatic);
  REQUIRE(input.take().has_value());
  CHECK(content_of(input).starts_with("Name:"));
}

TEST_CASE("pass takes what any reader would, and stdin moves") {
  const UniqueFd source = GENERATE(true, false) ? file_of("content") : pipe_of("content");
  const Stdin stdin_is(source.get());
  Input input(InputMode::pass);
  REQUIRE(input.take().has_value());
  CHECK(content_of(input) == "content");
  CHECK(input.digest() == digest_of("content"));
  CHECK(rest_of_stdin().empty());
}

TEST_CASE("no bytes are no content, whatever stdin is") {
  const InputMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd file = file_of("");
  const UniqueFd pipe = pipe_of("");
  const UniqueFd writer(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const UniqueFd folder(::open("/", O_PATH | O_CLOEXEC));
  for (const int fd : {null.get(), file.get(), pipe.get(), writer.get(), folder.get(), -1}) {
    CAPTURE(static_cast<int>(mode), fd);
    const Stdin stdin_is(fd);
    Input input(mode);
    const bool taken = input.take().has_value();
    CHECK(taken);
    CHECK(is_empty(input));
    CHECK_FALSE(input.is_left_unread());
  }
}

TEST_CASE("none takes nothing of a file") {
  const UniqueFd file = file_of("content");
  const Stdin stdin_is(file.get());
  Input input(InputMode::none);
  REQUIRE(input.take().has_value());
  CHECK(is_empty(input));
  CHECK(rest_of_stdin() == "content");
}

TEST_CASE("only auto says that a pipe was left unread") {
  const InputMode mode = GENERATE(from_range(std::begin(kModes), std::end(kModes)));
  const UniqueFd pipe = pipe_of("content");
  const Stdin stdin_is(pipe.get());
  Input input(mode);
  REQUIRE(input.take().has_value());
  CHECK(input.is_left_unread() == (mode == InputMode::automatic));
}

TEST_CASE("what cannot be read is an error") {
  const UniqueFd folder(::open("/", O_RDONLY | O_CLOEXEC));
  const Stdin stdin_is(folder.get());
  Input input(InputMode::pass);
  const auto taken = input.take();
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == EISDIR);
}

TEST_CASE("what is too large for the file size limit is an error, not the end") {
  const UniqueFd file = file_of(std::string(9000, 'x'));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit low{4096, before.rlim_max};
  const Stdin stdin_is(file.get());
  Input input(InputMode::automatic);
  ::setrlimit(RLIMIT_FSIZE, &low);
  const auto taken = input.take();
  ::setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE_FALSE(taken.has_value());
  CHECK(taken.error().code == EFBIG);
  CHECK(rest_of_stdin().size() == 9000);
  struct sigaction action {};
  ::sigaction(SIGXFSZ, nullptr, &action);
  CHECK(action.sa_handler == SIG_DFL);
}

TEST_CASE("content is let go of only where stdin still has it") {
  const UniqueFd file = file_of("content");
  const Stdin stdin_is(file.get());
  Input automatic(InputMode::automatic);
  REQUIRE(automatic.take().has_value());
  automatic.let_go();
  CHECK(automatic.descriptor() < 0);
  Input pass(InputMode::pass);
  REQUIRE(pass.take().has_value());
  pass.let_go();
  CHECK(content_of(pass) == "content");
}

TEST_CASE("a command that is run directly reads what it would have read") {
  const UniqueFd file = file_of("content");
  const Stdin stdin_is(file.get());
  SECTION("auto: stdin as it was") {
    Input input(InputMode::automatic);
    REQUIRE(input.take().has_value());
    input.put_back();
    CHECK(rest_of_stdin() == "content");
  }
  SECTION("pass: the copy, from its beginning") {
    Input input(InputMode::pass);
    REQUIRE(input.take().has_value());
    input.put_back();
    CHECK(rest_of_stdin() == "content");
    CHECK((::fcntl(STDIN_FILENO, F_GETFD) & FD_CLOEXEC) == 0);
  }
  SECTION("none: nothing") {
    Input input(InputMode::none);
    REQUIRE(input.take().has_value());
    input.put_back();
    CHECK(rest_of_stdin().empty());
  }
}
