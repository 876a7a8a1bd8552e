#include "daemon/server.hpp"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <random>

#include "daemon/refusal.hpp"
#include "process/living_groups.hpp"

namespace reduce {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;

/// How long accepting pauses where descriptors or memory have run out.
constexpr auto kAcceptPause = std::chrono::milliseconds(50);
/// Between two looks whether runs that no caller waits for have come to their end.
constexpr auto kDrainPause = std::chrono::milliseconds(50);
/// After all runs were stopped: how long callers of a run that has ended may take for the rest.
constexpr auto kLastMoment = std::chrono::seconds(5);

/// How long those that only look on may take for what they have not read yet.
constexpr auto kLastWord = std::chrono::seconds(1);

constexpr const char* kGoodbye = "the daemon was told to end, and ends";

/// Throws where the event loop cannot take it: then it is closed.
Descriptor watched(boost::asio::io_context& io, UniqueFd fd) {
  Descriptor descriptor(io, fd.get());
  fd.release();
  return descriptor;
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
      reducer_(launcher_, clock_, store_, observers_.hooks(),
               Reducer::Limits{settings_.runs, settings_.stall_timeout}),
      claim_(std::move(claim)),
      listener_(watched(io_, UniqueFd(::fcntl(claim_.listener(), F_DUPFD_CLOEXEC, 3)))),
      signals_(watched(io_, std::move(signals))),
      accept_pause_(io_),
      idle_(io_),
      drain_deadline_(io_),
      drain_pause_(io_) {}

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
    const bool accepted_all = accept_waiting();
    if (draining_) return;
    if (accepted_all) return wait_for_callers();
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](auto failed) {
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
  if (!peer || peer->uid != uid_) return;
  if (sessions_.size() >= settings_.connections) {
    return refuse(socket.get(),
                  limit_reached(settings_.connections, "connections", "--max-connections"));
  }
  const auto session = std::make_shared<Session>(
      io_, std::move(socket), *peer, static_cast<SessionHost&>(*this),
      Session::Limits{settings_.largest_request, settings_.request_timeout});
  // As with descriptors that have run out: whoever connected finds no daemon.
  if (!session->is_open()) return;
  sessions_.emplace(session.get(), session);
  idle_.cancel();
  session->start();
}

void Server::leave(Session& session) {
  reducer_.leave(session);
}

bool Server::pass_signal(Session& session, int signal) {
  return reducer_.pass_signal(session, signal);
}

void Server::closed(Session& session) {
  if (const auto found = looking_on_.find(&session); found != looking_on_.end()) {
    observers_.feed().stop(found->second);
    looking_on_.erase(found);
  }
  sessions_.erase(&session);
  observers_.keep_soon();
  if (ended_ && looking_on_.empty()) return finish();
  if (draining_) return end_if_drained();
  check_idle();
}

void Server::wait_for_signals() {
  signals_.async_wait(Descriptor::wait_read, [this](auto fault) {
    if (fault) return;
    signalfd_siginfo info;
    while (::read(signals_.native_handle(), &info, sizeof info) == sizeof info) {
      if (!draining_) {
        drain();
      } else if (!stopped_) {
        stop_all();
      } else {
        cut_off_all();
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
  drain_runs();
}

void Server::drain_runs() {
  if (settings_.drain_timeout) {
    drain_deadline_.expires_after(*settings_.drain_timeout);
    drain_deadline_.async_wait([this](auto fault) {
      if (!fault) stop_all();
    });
  }
  for (const auto& session : all_sessions()) session->turn_away();
  end_if_drained();
}

/// Runs first; then those who do not take what is left of theirs.
void Server::stop_all() {
  stopped_ = true;
  reducer_.stop_all();
  hurry_callers();
}

void Server::hurry_callers() {
  for (const auto& session : all_sessions()) {
    if (!session->is_observer()) session->hurry(kGoodbye);
  }
  drain_deadline_.expires_after(kLastMoment);
  drain_deadline_.async_wait([this](auto fault) {
    if (!fault) hurry_callers();
  });
}

void Server::cut_off_all() {
  for (const auto& session : all_sessions()) {
    if (!session->is_observer()) session->cut_off(kGoodbye);
  }
}

std::vector<std::shared_ptr<Session>> Server::all_sessions() const {
  std::vector<std::shared_ptr<Session>> all;
  for (const auto& [address, session] : sessions_) all.push_back(session);
  return all;
}

void Server::end_if_drained() {
  if (!draining_ || is_asked() || ended_) return;
  if (reducer_.running() == 0 && !reducer_.is_idle()) {
    const auto groups = living_groups();
    reducer_.clear_up([&groups](pid_t group) { return !groups.contains(group); });
  }
  if (!reducer_.is_idle()) {
    // What is left of a stopped run's process group is within its grace.
    drain_pause_.expires_after(kDrainPause);
    drain_pause_.async_wait([this](auto fault) {
      if (!fault) end_if_drained();
    });
    return;
  }
  end();
}

void Server::end() {
  ended_ = true;
  const auto looking_on = looking_on_;
  for (const auto& [session, number] : looking_on) session->end_observer();
  if (looking_on_.empty()) return finish();
  drain_pause_.expires_after(kLastWord);
  drain_pause_.async_wait([this](auto fault) {
    if (!fault) finish();
  });
}

void Server::finish() {
  if (std::exchange(finished_, true)) return;
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
