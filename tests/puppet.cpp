// A child that does what its arguments say, one step after another; exits 0 after the last.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "support/e2e/noise.hpp"

namespace {

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "puppet: %s: %s\n", what, std::strerror(errno));
  ::_exit(99);
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) give_up("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Adds to a file in one write, so that lines of many processes do not mix.
void append(const char* file, std::string_view bytes) {
  const int fd = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) give_up(file);
  write_all(fd, bytes);
  ::close(fd);
}

/// Longer each time: hundreds of puppets may wait on one machine.
class Pause {
 public:
  void take() {
    ::poll(nullptr, 0, milliseconds_);
    milliseconds_ = std::min(2 * milliseconds_, 64);
  }

 private:
  int milliseconds_ = 1;
};

int stream_of(std::string_view name) {
  return name == "err" ? STDERR_FILENO : STDOUT_FILENO;
}

int signal_of(std::string_view name) {
  for (int number = 1; number < NSIG; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  errno = EINVAL;
  give_up("signal name");
}

struct Trap {
  const char* text = nullptr;
  const char* file = nullptr;
};
std::array<Trap, NSIG> traps;
volatile sig_atomic_t trapped = 0;

/// open(2), write(2) and close(2) are async-signal-safe.
void spring(int signal) {
  const int kept = errno;
  const Trap& trap = traps[static_cast<std::size_t>(signal)];
  if (trap.text != nullptr) write_all(STDOUT_FILENO, trap.text);
  if (trap.file != nullptr) append(trap.file, "signal\n");
  trapped = 1;
  errno = kept;
}

void set_trap(const char* name, Trap trap) {
  const int signal = signal_of(name);
  traps[static_cast<std::size_t>(signal)] = trap;
  struct sigaction action {};
  action.sa_handler = spring;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

/// Looks often at first, then less so: a thousand that wait must not fill the machine.
void wait_for_file(char** args) {
  for (int pause = 2; ::access(args[0], F_OK) != 0; pause += pause < 20) {
    ::poll(nullptr, 0, pause);
  }
}

void make_noise(char** args) {
  e2e::Noise noise(std::strtoull(args[0], nullptr, 10));
  std::array<char, 64 * 1024> buffer;
  for (unsigned long long left = std::strtoull(args[1], nullptr, 10); left > 0;) {
    const auto part = static_cast<std::size_t>(std::min<unsigned long long>(left, buffer.size()));
    noise.fill(buffer.data(), part);
    write_all(stream_of(args[2]), {buffer.data(), part});
    left -= part;
  }
}

/// Waits until the other end has taken all that was written.
void wait_until_taken(int fd) {
  Pause pause;
  for (int left = 0;; pause.take()) {
    if (::ioctl(fd, FIONREAD, &left) != 0) give_up("FIONREAD");
    if (left == 0) return;
  }
}

void write_hex(int fd, std::string_view digits) {
  std::string bytes;
  for (; digits.size() >= 2; digits.remove_prefix(2)) {
    bytes += static_cast<char>(std::strtoul(std::string(digits.substr(0, 2)).c_str(), nullptr, 16));
  }
  write_all(fd, bytes);
}

void print_descriptors(char**) {
  for (int fd = 0; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) write_all(STDOUT_FILENO, std::to_string(fd) + "\n");
  }
}

void print_status(char** args) {
  std::FILE* status = std::fopen("/proc/self/status", "re");
  if (status == nullptr) give_up("/proc/self/status");
  char line[512];
  while (std::fgets(line, sizeof line, status) != nullptr) {
    const std::string_view text(line);
    if (text.starts_with(args[0]) && text[std::strlen(args[0])] == ':') write_all(1, text);
  }
  std::fclose(status);
}

void print_variable(char** args) {
  const char* value = std::getenv(args[0]);
  write_all(STDOUT_FILENO, value == nullptr ? "(unset)\n" : std::string(value) + "\n");
}

void print_all_variables(char**) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    write_all(STDOUT_FILENO, {*variable, std::strlen(*variable) + 1});
  }
}

void print_directory(char**) {
  std::vector<char> path(64 * 1024);
  if (::getcwd(path.data(), path.size()) == nullptr) give_up("getcwd");
  write_all(STDOUT_FILENO, path.data());
}

void print_umask(char**) {
  char text[16];
  std::snprintf(text, sizeof text, "%03o\n", static_cast<unsigned>(::umask(0)));
  write_all(STDOUT_FILENO, text);
}

void print_open_files_limit(char**) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  write_all(STDOUT_FILENO,
            std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max) + "\n");
}

void copy_input(char**) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0) give_up("read");
    if (got == 0) return;
    write_all(STDOUT_FILENO, {buffer.data(), static_cast<std::size_t>(got)});
  }
}

void end_by(char** args) {
  ::prctl(PR_SET_DUMPABLE, 0);
  const int number = signal_of(args[0]);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

struct Step {
  std::string_view name;
  int arguments;
  void (*run)(char** args);
};

constexpr Step kSteps[] = {
    {"log", 1, [](char** a) { append(a[0], std::to_string(::getpid()) + "\n"); }},
    {"note", 2, [](char** a) { append(a[0], a[1]); }},
    {"touch", 1, [](char** a) { append(a[0], ""); }},
    {"out", 1, [](char** a) { write_all(STDOUT_FILENO, a[0]); }},
    {"err", 1, [](char** a) { write_all(STDERR_FILENO, a[0]); }},
    {"out-hex", 1, [](char** a) { write_hex(STDOUT_FILENO, a[0]); }},
    {"err-hex", 1, [](char** a) { write_hex(STDERR_FILENO, a[0]); }},
    {"noise", 3, make_noise},
    {"taken", 1, [](char** a) { wait_until_taken(stream_of(a[0])); }},
    {"close", 1, [](char** a) { ::close(stream_of(a[0])); }},
    {"wait-for", 1, wait_for_file},
    {"trap", 2,
     [](char** a) {
       set_trap(a[0], {a[1], nullptr});
     }},
    {"trap-file", 2,
     [](char** a) {
       set_trap(a[0], {nullptr, a[1]});
     }},
    {"ignore", 1, [](char** a) { ::signal(signal_of(a[0]), SIG_IGN); }},
    {"wait-signal", 0,
     [](char**) {
       for (Pause pause; trapped == 0;) pause.take();
     }},
    {"exit", 1, [](char** a) { ::_exit(std::atoi(a[0])); }},
    {"kill", 1, end_by},
    {"print-env", 1, print_variable},
    {"print-environ", 0, print_all_variables},
    {"print-cwd", 0, print_directory},
    {"print-umask", 0, print_umask},
    {"print-files-limit", 0, print_open_files_limit},
    {"print-nice", 0,
     [](char**) { write_all(1, std::to_string(::getpriority(PRIO_PROCESS, 0)) + "\n"); }},
    {"print-fds", 0, print_descriptors},
    {"print-status", 1, print_status},
    {"print-stdin", 0, copy_input},
};

/// `spawn STEPS… end`: a process of its own does these, while this one goes on after `end`.
char** spawn(char** args) {
  char** end = args;
  while (*end != nullptr && std::string_view(*end) != "end") ++end;
  const pid_t pid = ::fork();
  if (pid < 0) give_up("fork");
  if (pid == 0) {
    *end = nullptr;
    return args;
  }
  return *end == nullptr ? end : end + 1;
}

/// `print-args ARGS…`: each of the rest, ended by a NUL.
void print_arguments(char** args) {
  for (; *args != nullptr; ++args) write_all(STDOUT_FILENO, {*args, std::strlen(*args) + 1});
}

/// Returns where the next step is.
char** take_step(char** args) {
  const std::string_view name = *args++;
  if (name == "spawn") return spawn(args);
  if (name == "print-args") {
    print_arguments(args);
    ::_exit(0);
  }
  const auto* step = std::ranges::find(kSteps, name, &Step::name);
  if (step == std::end(kSteps)) {
    errno = EINVAL;
    give_up(args[-1]);
  }
  for (int argument = 0; argument < step->arguments; ++argument) {
    if (args[argument] == nullptr) give_up("missing argument");
  }
  step->run(args);
  return args + step->arguments;
}

}  // namespace

int main(int, char** argv) {
  for (char** args = argv + 1; *args != nullptr;) args = take_step(args);
  ::_exit(0);
}
