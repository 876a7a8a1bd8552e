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
      observers_(io_, clock_, instance_, settings_.observers),
      reducer_(launcher_, clock_, store_, observers_.hooks(), Reducer::Limits{settings_.runs}),
      claim_(std::move(claim)),
      listener_(io_, ::fcntl(claim_.listener(), F_DUPFD_CLOEXEC, 3)),
      signals_(io_, signals.release()),
      pause_(io_),
      idle_(io_),
      drain_deadline_(io_) {}

void Server::run() {
  observers_.start();
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
    return decline(command, *place, Remedy::step_aside);
  }
  if (reducer_.callers() >= settings_.callers) {
    reason_ = "the daemon has its limit of " + std::to_string(settings_.callers) + " callers";
    return decline(command, *place, Remedy::run_direct);
  }
  identify(command, *place, identity_);
  session.set_chain(chain_of(command.env, instance_));
  if (command.options.announce) session.set_note(note_on_near_miss(reducer_, command, identity_));
  if (!reducer_.apply(identity_, command, *place, session)) {
    reason_ = "the daemon has its limit of " + std::to_string(settings_.runs) + " runs";
    return decline(command, *place, Remedy::run_direct);
  }
  // Its run may take long: what was counted by now does not wait for the end.
  observers_.keep_soon();
  return std::nullopt;
}

std::optional<Refused> Server::decline(const CommandView& command, const Place& place,
                                       Remedy remedy) {
  observers_.hooks().decline(command, place, reason_);
  return Refused{remedy, reason_};
}

void Server::observe(Session& session) {
  // First of all: it may be closed while it is told.
  looking_on_[&session] =
      observers_.feed().listen([&session](std::string_view line) { session.tell_event(line); });
  reducer_.for_each_run(
      [&](const Run& run) { session.tell_event(observers_.feed().line_on(run)); });
  check_idle();
}

void Server::tire(Session& session) {
  observers_.hooks().tire(*session.run(), session);
}

std::string Server::line_on_dropped(std::uint64_t count) {
  return observers_.feed().line_on_dropped(count);
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

Result<std::string> Server::take_statistics(std::string_view how) {
  std::string text = stats_json(observers_.statistics().record(), reducer_);
  if (how == "reset") observers_.reset_statistics();
  return text;
}

Result<std::string> Server::answer(const Query& query) {
  switch (query.kind) {
    case QueryKind::stats:
      return take_statistics(query.argument);
    case QueryKind::list:
      return list_json(reducer_);
    case QueryKind::stop:
      if (!draining_) drain();
      return std::string("{}");
    case QueryKind::kill:
    case QueryKind::forget:
    case QueryKind::events:
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
  if (const auto found = looking_on_.find(&session); found != looking_on_.end()) {
    observers_.feed().stop(found->second);
    looking_on_.erase(found);
  }
  sessions_.erase(&session);
  observers_.keep_soon();
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
  if (!draining_ || is_asked() || ended_) return;
  if (!reducer_.is_idle()) {
    // What is left of a stopped run's process group is within its grace.
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](auto) { end_if_drained(); });
    return;
  }
  end();
}

void Server::end() {
  ended_ = true;
  const auto looking_on = looking_on_;
  for (const auto& [session, number] : looking_on) session->end_observer();
  observers_.finish([this] { io_.stop(); });
}

void Server::check_idle() {
  if (!settings_.idle_exit || is_asked()) return;
  idle_.expires_after(*settings_.idle_exit);
  idle_.async_wait([this](auto fault) {
    if (!fault && !is_asked() && !draining_) drain();
  });
}

}  // namespace reduce
