#include "daemon/server.hpp"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <charconv>
#include <climits>
#include <cstdio>
#include <random>

#include "daemon/explain.hpp"
#include "daemon/status.hpp"
#include "run/chain.hpp"

namespace reduce {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

/// How long accepting pauses where descriptors or memory have run out.
constexpr auto kAcceptPause = std::chrono::milliseconds(50);

/// Facts about where the command is to run, told by the kernel.
Result<Place> place_of(UniqueFd cwd, const Peer& peer, int socket) {
  struct stat found {};
  if (::fstat(cwd.get(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return make_error("the working directory is not a directory");
  }
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(cwd.get());
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  if (length < 0) return system_error("cannot tell the working directory's path");
  Place place;
  place.cwd = std::move(cwd);
  place.cwd_path.assign(path, static_cast<std::size_t>(length));
  place.cwd_device = found.st_dev;
  place.cwd_inode = found.st_ino;
  place.uid = peer.uid;
  place.gid = peer.gid;
  auto groups = peer_groups(socket);
  if (!groups) return groups.error();
  place.groups = std::move(*groups);
  return place;
}

/// A word that no other daemon has.
std::string make_instance() {
  std::random_device source;
  char word[24];
  std::snprintf(word, sizeof word, "%08x%08x", source(), source());
  return word;
}

}  // namespace

Server::Server(ServerSettings settings, SocketClaim claim, UniqueFd signals)
    : settings_(std::move(settings)),
      instance_(make_instance()),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      clock_(io_),
      launcher_(io_, instance_),
      store_(settings_.spool),
      reducer_(launcher_, clock_, store_, hooks_, Reducer::Limits{settings_.runs}),
      claim_(std::move(claim)),
      listener_(io_, ::fcntl(claim_.listener(), F_DUPFD_CLOEXEC, 3)),
      signals_(io_, signals.release()),
      pause_(io_),
      idle_(io_),
      drain_deadline_(io_) {
  hooks_.add(statistics_);
}

void Server::run() {
  wait_for_callers();
  wait_for_signals();
  check_idle();
  io_.run();
}

void Server::wait_for_callers() {
  listener_.async_wait(Descriptor::wait_read, [this](auto fault) {
    if (fault || draining_) return;
    if (accept_waiting()) return wait_for_callers();
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](auto failed) {
      if (!failed && !draining_) wait_for_callers();
    });
  });
}

bool Server::accept_waiting() {
  for (;;) {
    UniqueFd socket(::accept4(claim_.listener(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      add_session(std::move(socket));
    } else if (errno == EAGAIN) {
      return true;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return false;
    }
  }
}

void Server::add_session(UniqueFd socket) {
  const auto peer = peer_of(socket.get());
  if (!peer || peer->uid != ::geteuid()) return;
  const auto session = std::make_shared<Session>(
      io_, std::move(socket), *peer, static_cast<SessionHost&>(*this), settings_.largest_request);
  sessions_.emplace(session.get(), session);
  idle_.cancel();
  session->start();
}

std::optional<Refused> Server::admit(Session& session, const CommandView& command, UniqueFd cwd,
                                     UniqueFd input) {
  auto place = place_of(std::move(cwd), session.peer(), session.socket());
  if (!place) {
    reason_ = place.error().text;
    return Refused{Remedy::run_direct, reason_};
  }
  place->input = std::move(input);
  if (auto objection = suitability_.objection(session.socket(), session.peer(), command, *place)) {
    reason_ = std::move(*objection);
    return Refused{Remedy::step_aside, reason_};
  }
  if (reducer_.callers() >= settings_.callers) {
    reason_ = "the daemon has its limit of " + std::to_string(settings_.callers) + " callers";
    return Refused{Remedy::run_direct, reason_};
  }
  identify(command, *place, identity_);
  session.set_chain(chain_of(command.env, instance_));
  if (command.options.announce) session.set_note(note_on_near_miss(reducer_, command, identity_));
  if (!reducer_.apply(identity_, command, std::move(*place), session)) {
    reason_ = "the daemon has its limit of " + std::to_string(settings_.runs) + " runs";
    return Refused{Remedy::run_direct, reason_};
  }
  return std::nullopt;
}

void Server::leave(Session& session) {
  reducer_.leave(session);
}

bool Server::pass_signal(Session& session, int signal) {
  return reducer_.pass_signal(session, signal);
}

Result<std::string> Server::explain(Session& session, const CommandView& command, UniqueFd cwd) {
  const auto place = place_of(std::move(cwd), session.peer(), session.socket());
  if (!place) return place.error();
  if (auto objection = suitability_.objection(session.socket(), session.peer(), command, *place)) {
    return make_error("never shared: " + *objection);
  }
  identify(command, *place, identity_);
  return explain_json(reducer_, command, identity_, instance_);
}

Result<std::string> Server::answer(const Query& query) {
  switch (query.kind) {
    case QueryKind::stats:
      return stats_json(statistics_.totals(), reducer_, reducer_.callers());
    case QueryKind::list:
      return list_json(reducer_);
    case QueryKind::stop:
      if (!draining_) drain();
      return std::string("{}");
    case QueryKind::kill:
    case QueryKind::forget:
      break;
  }
  RunId id = 0;
  const char* end = query.argument.data() + query.argument.size();
  const auto read = std::from_chars(query.argument.data(), end, id);
  const bool is_number = read.ec == std::errc() && read.ptr == end;
  const bool done =
      is_number && (query.kind == QueryKind::kill ? reducer_.kill(id) : reducer_.forget(id));
  if (!done) return make_error("no run " + std::string(query.argument) + " is in flight");
  return std::string("{}");
}

void Server::closed(Session& session) {
  sessions_.erase(&session);
  if (draining_) return end_if_drained();
  check_idle();
}

void Server::wait_for_signals() {
  signals_.async_wait(Descriptor::wait_read, [this](auto fault) {
    if (fault) return;
    signalfd_siginfo info;
    while (::read(signals_.native_handle(), &info, sizeof info) == sizeof info) {
      if (draining_) {
        reducer_.stop_all();
      } else {
        drain();
      }
    }
    wait_for_signals();
  });
}

void Server::drain() {
  draining_ = true;
  idle_.cancel();
  // Who has connected before the socket went is served; who comes later finds none.
  claim_.unlink();
  accept_waiting();
  listener_.close();
  claim_.release();
  if (settings_.drain_timeout) {
    drain_deadline_.expires_after(*settings_.drain_timeout);
    drain_deadline_.async_wait([this](auto fault) {
      if (!fault) reducer_.stop_all();
    });
  }
  end_if_drained();
}

void Server::end_if_drained() {
  if (!draining_ || !sessions_.empty()) return;
  if (!reducer_.is_idle()) {
    // What is left of a stopped run's process group is within its grace.
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](auto) { end_if_drained(); });
    return;
  }
  io_.stop();
}

void Server::check_idle() {
  if (!settings_.idle_exit || !sessions_.empty()) return;
  idle_.expires_after(*settings_.idle_exit);
  idle_.async_wait([this](auto fault) {
    if (!fault && sessions_.empty() && !draining_) drain();
  });
}

}  // namespace reduce
