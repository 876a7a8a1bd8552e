#include "client/daemon_checks.hpp"

#include <limits.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/socket_folder.hpp"
#include "base/socket_path.hpp"
#include "client/asked.hpp"

namespace reduce {
namespace {

using State = Finding::State;

/// How long the daemon may take to tell of itself.
constexpr int kPatience = 5000;
constexpr const char* kReplace = "run `reduced --replace`, which puts this version in its place";
constexpr const char* kNameAnother = "name another socket with REDUCE_SOCKET";

/// What made us take this socket.
std::string reason_for(const std::optional<std::string>& given, const std::string& socket) {
  const char* variable = std::getenv("REDUCE_SOCKET");
  if (given && variable != nullptr && *given == variable) return "of REDUCE_SOCKET";
  if (given) return "of --socket";
  const std::string runtime = "/run/user/" + std::to_string(::geteuid());
  if (socket.starts_with(runtime + "/")) return "the standard one, in " + runtime;
  return "the standard one, as there is no " + runtime + " of this user";
}

Finding check_folder(const std::string& socket) {
  const std::string folder = socket_folder(socket);
  const auto sound = SocketFolder::open(socket, ::geteuid(), SocketFolder::Missing::leave);
  if (!sound && sound.error().code == ENOENT && is_standard_socket(socket, ::geteuid())) {
    return {"folder", State::ok, folder + " is made with the first daemon", {}};
  }
  if (!sound) {
    return {"folder", State::bad, sound.error().text,
            std::string("make it yours alone, or ") + kNameAnother};
  }
  struct stat found {};
  ::lstat(folder.c_str(), &found);
  char mode[16];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(found.st_mode & 07777));
  return {"folder",
          State::ok,
          folder + " of user " + std::to_string(found.st_uid) + ", mode " + mode,
          {}};
}

/// What the daemon tells of itself, waited for only for so long.
void ask_about(Contact& contact) {
  auto asked = Asked::put(contact.socket, {QueryKind::about, {}});
  if (!asked) return;
  for (;;) {
    pollfd readable{asked->descriptor(), POLLIN, 0};
    contact.is_silent = ::poll(&readable, 1, kPatience) == 0;
    if (contact.is_silent) return;
    std::string answer;
    const auto heard = asked->hear(answer, MSG_DONTWAIT);
    if (!heard || *heard == Asked::Hearing::end) return;
    if (*heard == Asked::Hearing::nothing) continue;
    contact.about = Json::parse(answer, nullptr, false);
    if (!contact.about.is_object()) contact.about = nullptr;
    return;
  }
}

Contact meet(const std::string& socket) {
  Contact contact{socket, {}, {}, nullptr};
  struct stat found {};
  if (::lstat(socket.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode)) {
    contact.fault = socket + " is in the way: it is not a socket";
    return contact;
  }
  const auto connected = connect_to(socket);
  if (!connected) {
    const int code = connected.error().code;
    if (code != ENOENT && code != ECONNREFUSED) contact.fault = connected.error().text;
    return contact;
  }
  const auto peer = peer_of(connected->get());
  if (!peer) {
    contact.fault = peer.error().text;
  } else if (peer->uid != ::geteuid()) {
    contact.fault = "user " + std::to_string(peer->uid) + " serves it";
  } else {
    contact.peer = *peer;
    ask_about(contact);
  }
  return contact;
}

/// Its file was replaced or removed since it was started, proc(5).
bool runs_old_file(pid_t pid) {
  char path[PATH_MAX];
  const std::string link = "/proc/" + std::to_string(pid) + "/exe";
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length > 0 &&
         std::string_view(path, static_cast<std::size_t>(length)).ends_with(" (deleted)");
}

Finding check_daemon(const Contact& contact) {
  if (!contact.fault.empty()) {
    return {"daemon", State::bad, contact.fault, std::string("remove it, or ") + kNameAnother};
  }
  if (!contact.peer) return examine_starter(contact);
  pid_t pid = contact.peer->pid;
  std::string who = "pid " + std::to_string(pid) + " of user " + std::to_string(contact.peer->uid);
  if (contact.is_silent) {
    return {"daemon", State::bad, who + " does not answer",
            "let it go on with `kill -CONT " + std::to_string(pid) + "`, or end it with `kill -9`"};
  }
  if (contact.about.is_null()) {
    return {"daemon", State::note, who + " tells nothing of itself: another version", kReplace};
  }
  // Where the service manager made the socket, the kernel knows that as the other end.
  pid = static_cast<pid_t>(count_in(contact.about, "pid").value_or(0));
  const std::string version = text_in(contact.about, "version");
  who = "pid " + std::to_string(pid) + " of user " + std::to_string(contact.peer->uid) +
        ", version " + version + ", protocol " +
        std::to_string(count_in(contact.about, "protocol").value_or(0));
  if (version != REDUCE_VERSION) {
    return {"daemon", State::note, who + "; this is version " REDUCE_VERSION, kReplace};
  }
  if (runs_old_file(pid)) {
    return {"daemon", State::note, who + ", of a file that was replaced since", kReplace};
  }
  return {"daemon", State::ok, who, {}};
}

std::string shown_limit(rlim_t limit) {
  return limit == RLIM_INFINITY ? "any number of" : std::to_string(limit);
}

/// Without a daemon: what one that is started from here would have.
Finding check_own_limits() {
  rlimit files{}, processes{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NPROC, &processes);
  return {"limits",
          State::ok,
          "a daemon started from here may have " + shown_limit(files.rlim_max) +
              " open files and " + shown_limit(processes.rlim_cur) + " processes",
          {}};
}

Finding check_limits(const Contact& contact) {
  const auto limits =
      contact.about.is_object() ? contact.about.find("limits") : contact.about.end();
  if (limits == contact.about.end() || !limits->is_object()) return check_own_limits();
  const auto limit = [&](const char* key) { return count_in(*limits, key).value_or(0); };
  const auto now = [&](const char* key) {
    return std::to_string(count_in(contact.about, key).value_or(0));
  };
  const auto files = count_in(*limits, "open_files");
  const std::string text = now("callers") + " of " + std::to_string(limit("callers")) +
                           " callers, " + now("runs") + " of " + std::to_string(limit("runs")) +
                           " runs, " + (files ? std::to_string(*files) : "any number of") +
                           " open files";
  if (files && *files < limit("callers")) {
    return {"limits", State::note, text,
            "raise its limit of open files (ulimit -Hn), so that it can serve all these callers"};
  }
  return {"limits", State::ok, text, {}};
}

}  // namespace

Findings examine_daemon(const std::optional<std::string>& given) {
  const auto socket = choose_socket(given, ::geteuid());
  if (!socket) {
    return {{"socket", State::bad, socket.error().text, kNameAnother}};
  }
  Findings findings = {{"socket", State::ok, *socket + ", " + reason_for(given, *socket), {}},
                       check_folder(*socket)};
  const Contact contact = meet(*socket);
  findings.push_back(check_daemon(contact));
  findings.push_back(check_limits(contact));
  for (Finding& finding : examine_storage(contact)) findings.push_back(std::move(finding));
  for (Finding& finding : examine_call(contact)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace reduce
