#include "client/early_request.hpp"

#ifdef REDUCE_EARLY_REQUEST

#include <asm/ioctls.h>
#include <asm/unistd.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>

#include "base/socket_path.hpp"
#include "client/depth.hpp"
#include "client/early_kernel.hpp"
#include "wire/frame.hpp"

// This runs before the C library: no thread-local storage, so no errno; no memcpy or strlen, not
// even one that the compiler puts in (see CMakeLists.txt). System calls and loops only.

namespace reduce {
namespace {

/// Milliseconds that a call may take to end without any set-up. Output of a command that takes
/// longer finds this process ready.
constexpr int kMoment = 20;
/// Less than a socket takes at once, as the kernel sets it up (unix(7)).
constexpr std::size_t kLargest = 192 * 1024;

/// How often `mark` is in a text is far from what is_too_deep() minds.
bool is_shallow(const char* text, char mark) {
  std::size_t count = 0;
  for (; *text != '\0'; ++text) count += *text == mark ? 1 : 0;
  return count + 2 < kDeepest;
}

/// One of our variables that changes nothing about a call.
bool is_of_no_matter(const char* own) {
  if (const char* chain = after(own, "CHAIN=")) return is_shallow(chain, ',');
  if (const char* depth = after(own, "DEPTH=")) return is_shallow(depth, '.');
  return after(own, "SHIM=") != nullptr;
}

/// Nothing but a command, and nothing set that its call would have to heed.
bool is_plain(long words, char** argv, char** environment) {
  if (words < 2 || argv[1][0] == '-' || argv[1][0] == '\0') return false;
  for (char** each = environment; *each != nullptr; ++each) {
    const char* own = after(*each, "REDUCE_");
    if (own != nullptr && !after(own, "SOCKET=") && !is_of_no_matter(own)) return false;
  }
  return true;
}

bool has_config(char** environment) {
  static Path path;
  const char* folder = variable(environment, "XDG_CONFIG_HOME=");
  if (folder != nullptr && *folder == '/') {
    path.add(folder).add("/reduce/config.json");
  } else {
    const char* home = variable(environment, "HOME=");
    if (home == nullptr || *home == '\0') return false;
    path.add(home).add("/.config/reduce/config.json");
  }
  if (path.size() == 0) return true;
  const long found = call_kernel(__NR_access, address(path.text()), 0);
  // access(2): permission is denied on the way only.
  return found != -ENOENT && found != -ENOTDIR && found != -EACCES;
}

bool stdin_is_pipe = false;

/// stdin is nothing whose content would count, and all three are open.
bool has_plain_streams() {
  for (int descriptor = 1; descriptor <= 2; ++descriptor) {
    if (call_kernel(__NR_fcntl, descriptor, F_GETFD) < 0) return false;
  }
  struct stat found;
  if (call_kernel(__NR_fstat, 0, address(&found)) != 0) return false;
  stdin_is_pipe = S_ISFIFO(found.st_mode);
  return !S_ISREG(found.st_mode);
}

/// The socket's folder is the user's alone, and nobody else's can come in its place: as
/// SocketFolder has it, which is asked where this says no.
bool has_plain_folder(const Path& socket, unsigned long uid) {
  if (socket.size() == 0) return false;
  static Path folder;
  folder.add(socket.text()).cut_last_part();
  for (mode_t refused = 077;; refused = S_IWGRP | S_IWOTH) {
    struct stat found;
    if (call_kernel(__NR_lstat, address(folder.text()), address(&found)) != 0) return false;
    if (!S_ISDIR(found.st_mode) || (found.st_uid != uid && found.st_uid != 0)) return false;
    const bool is_common = refused != 077 && (found.st_mode & S_ISVTX) != 0;
    if ((found.st_mode & refused) != 0 && !is_common) return false;
    if (folder.size() <= 1) return true;
    folder.cut_last_part();
  }
}

bool choose_path(char** environment, unsigned long uid, Path& path) {
  if (const char* given = variable(environment, "REDUCE_SOCKET=")) {
    path.add(given);
    return *given == '/';
  }
  static Path runtime;
  runtime.add("/run/user/").add_number(uid);
  struct stat found;
  const bool is_own = call_kernel(__NR_lstat, address(runtime.text()), address(&found)) == 0 &&
                      S_ISDIR(found.st_mode) && found.st_uid == uid;
  if (is_own) {
    path.add(runtime.text()).add("/reduce");
  } else {
    path.add("/tmp/reduce-").add_number(uid);
  }
  path.add("/v").add_number(kProtocolVersion).add(".sock");
  return true;
}

bool connect_to_own(int socket, const Path& path, unsigned long uid) {
  sockaddr_un address_of_socket;
  address_of_socket.sun_family = AF_UNIX;
  if (path.size() == 0 || path.size() >= sizeof address_of_socket.sun_path) return false;
  for (std::size_t i = 0; i <= path.size(); ++i) address_of_socket.sun_path[i] = path.text()[i];
  if (call_kernel(__NR_connect, socket, address(&address_of_socket), sizeof address_of_socket) !=
      0) {
    return false;
  }
  ucred peer;
  socklen_t size = sizeof peer;
  return call_kernel(__NR_getsockopt, socket, SOL_SOCKET, SO_PEERCRED, address(&peer),
                     address(&size)) == 0 &&
         peer.uid == uid;
}

/// The beginning of a `run` message without options, PROTOCOL.md.
struct [[gnu::packed]] RunHead {
  std::uint32_t body_size;
  MessageType type;
  std::uint8_t version;
  std::uint16_t reserved;
  std::uint32_t umask;
  std::int32_t nice;
  std::uint64_t limits[RLIM_NLIMITS][2];
  std::uint32_t options_size, args_size, env_size;
};

void fill(RunHead& head, const Bytes& args, const Bytes& env) {
  head.body_size = static_cast<std::uint32_t>(sizeof head - kFrameHeadSize + args.size + env.size);
  head.type = MessageType::run;
  head.version = static_cast<std::uint8_t>(kProtocolVersion);
  head.reserved = 0;
  const long mask = call_kernel(__NR_umask, 0);
  call_kernel(__NR_umask, mask);
  head.umask = static_cast<std::uint32_t>(mask);
  // getpriority(2): the kernel's own call gives 20 minus the value.
  head.nice = static_cast<std::int32_t>(20 - call_kernel(__NR_getpriority, PRIO_PROCESS, 0));
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    std::uint64_t limit[2] = {0, 0};
    call_kernel(__NR_prlimit64, 0, resource, 0, address(limit));
    head.limits[resource][0] = limit[0];
    head.limits[resource][1] = limit[1];
  }
  head.options_size = 0;
  head.args_size = static_cast<std::uint32_t>(args.size);
  head.env_size = static_cast<std::uint32_t>(env.size);
}

bool send(int socket, const RunHead& head, const Bytes& args, const Bytes& env) {
  const long directory =
      call_kernel(__NR_openat, AT_FDCWD, address("."), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  iovec parts[3] = {{const_cast<RunHead*>(&head), sizeof head},
                    {const_cast<char*>(args.data), args.size},
                    {const_cast<char*>(env.data), env.size}};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  auto* rights = reinterpret_cast<cmsghdr*>(control);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  *reinterpret_cast<int*>(CMSG_DATA(rights)) = static_cast<int>(directory);
  msghdr message;
  message.msg_name = nullptr;
  message.msg_namelen = 0;
  message.msg_iov = parts;
  message.msg_iovlen = 3;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  message.msg_flags = 0;
  const long sent =
      call_kernel(__NR_sendmsg, socket, address(&message), MSG_NOSIGNAL | MSG_DONTWAIT);
  call_kernel(__NR_close, directory);
  // Of a request that was cut the daemon runs nothing.
  return sent == static_cast<long>(sizeof head + args.size + env.size);
}

std::uint64_t caught_signals() {
  std::uint64_t caught = 0;
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) caught |= 1UL << (signal - 1);
  return caught;
}

std::uint64_t block(const std::uint64_t& signals) {
  std::uint64_t before = 0;
  call_kernel(__NR_rt_sigprocmask, SIG_BLOCK, address(&signals), address(&before), sizeof before);
  return before;
}

void set_signals(const std::uint64_t& mask) {
  call_kernel(__NR_rt_sigprocmask, SIG_SETMASK, address(&mask), 0, sizeof mask);
}

/// An `outcome` message of a run that exited, PROTOCOL.md; anything else is another type or size.
struct [[gnu::packed]] Exit {
  std::uint32_t body_size;
  MessageType type;
  std::uint8_t version;
  std::uint16_t reserved;
  std::uint8_t kind;
  std::int32_t status;
  char rest[8 + 1 + 4 + 8 + 8];
};

/// What a pipe holds unread at the end is worth a warning, and that is for the ordinary way.
bool is_left_unread() {
  int bytes = 0;
  return stdin_is_pipe && call_kernel(__NR_ioctl, 0, FIONREAD, address(&bytes)) == 0 && bytes > 0;
}

/// Ends this process as the command ended, if that comes within a moment and is all that comes.
/// False where the daemon ended without reading the request (see Inbox::Arrival::reset): the socket
/// says so once.
bool wait_for_exit() {
  pollfd asked[2] = {{early_request.socket, POLLIN, 0}, {early_request.signals, POLLIN, 0}};
  if (call_kernel(__NR_poll, address(asked), 2, kMoment) <= 0 || asked[1].revents != 0) return true;
  Exit exit;
  const long got = call_kernel(__NR_recvfrom, early_request.socket, address(&exit), sizeof exit,
                               MSG_PEEK | MSG_DONTWAIT);
  if (got == sizeof exit && exit.body_size == sizeof exit - kFrameHeadSize &&
      exit.type == MessageType::outcome && exit.version == kProtocolVersion && exit.kind == 0) {
    if (!is_left_unread()) call_kernel(__NR_exit_group, exit.status);
  }
  return got >= 0 || got == -EAGAIN;
}

/// As if nothing had been sent.
void take_back(const std::uint64_t& signals_before) {
  call_kernel(__NR_close, early_request.socket);
  call_kernel(__NR_close, early_request.signals);
  early_request.socket = early_request.signals = -1;
  set_signals(signals_before);
}

}  // namespace

EarlyRequest early_request;

/// Called with the stack as the kernel has made it: the number of words, the words, a null pointer,
/// the environment.
extern "C" [[gnu::used]] void reduce_send_early(long* stack) {
  const long words = stack[0];
  auto** argv = reinterpret_cast<char**>(stack + 1);
  char** environment = argv + words + 1;
  if (!is_plain(words, argv, environment) || has_config(environment) || !has_plain_streams())
    return;
  const auto uid = static_cast<unsigned long>(call_kernel(__NR_geteuid));
  static Path path;
  if (!choose_path(environment, uid, path) || !has_plain_folder(path, uid)) return;
  static RunHead head;
  const Bytes args = packed(argv + 1), env = packed(environment);
  if (sizeof head + args.size + env.size > kLargest) return;
  // Signals are held from here on, so nothing may wait: what has to is for the ordinary way.
  const long socket =
      call_kernel(__NR_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return;
  // A signal that comes from here on is passed on, as by the ordinary way.
  const std::uint64_t caught = caught_signals();
  const std::uint64_t before = block(caught);
  // What was blocked before stays so, and is no matter of ours.
  const std::uint64_t watched = caught & ~before;
  const long signals = call_kernel(__NR_signalfd4, -1, address(&watched), sizeof watched,
                                   SFD_CLOEXEC | SFD_NONBLOCK);
  bool sent = signals >= 0 && connect_to_own(static_cast<int>(socket), path, uid);
  if (sent) {
    fill(head, args, env);
    sent = send(static_cast<int>(socket), head, args, env);
  }
  early_request.signals_before = before;
  early_request.signals = static_cast<int>(signals);
  early_request.socket = static_cast<int>(socket);
  if (!sent || !wait_for_exit()) take_back(before);
}

}  // namespace reduce

// The program's entry point: the stack pointer and rdx are the C library's again before its own.
asm(R"(
  .text
  .globl reduce_entry
  .type reduce_entry, @function
reduce_entry:
  xorl %ebp, %ebp
  movq %rsp, %rbx
  movq %rdx, %r12
  movq %rsp, %rdi
  andq $-16, %rsp
  call reduce_send_early
  movq %rbx, %rsp
  movq %r12, %rdx
  jmp _start
)");

#else

namespace reduce {

EarlyRequest early_request;

}  // namespace reduce

#endif
