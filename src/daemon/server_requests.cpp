// What callers ask of the server, and its answers.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>

#include "daemon/about.hpp"
#include "daemon/explain.hpp"
#include "daemon/refusal.hpp"
#include "daemon/server.hpp"
#include "daemon/status.hpp"
#include "run/chain.hpp"

namespace reduce {
namespace {

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

/// Callers take a part of the descriptors only, runs need some for each caller's command. Numbers
/// are given out lowest first, so the latest tells how many are taken.
bool is_short_of_descriptors(int latest) {
  constexpr rlim_t kMostKept = 1024;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<rlim_t>(latest) >= limit.rlim_cur - std::min(limit.rlim_cur / 3, kMostKept);
}

}  // namespace

void Server::refuse(int socket, const std::string& reason) {
  std::string frame;
  put_refused(frame, {Remedy::run_direct, reason});
  const iovec part{frame.data(), frame.size()};
  static_cast<void>(send_with(socket, {&part, 1}, {}, MSG_DONTWAIT));
}

std::optional<Refused> Server::admit(Session& session, const CommandView& command, UniqueFd cwd,
                                     UniqueFd input) {
  auto place = place_of(std::move(cwd), session.peer(), session.socket());
  if (!place) {
    reason_ = place.error().text;
    return Refused{Remedy::run_direct, reason_};
  }
  place->input = std::move(input);
  if (is_short_of_descriptors(session.socket()) && !reducer_.let_go_of_held()) {
    reason_ = kShortOfDescriptors;
    return decline(command, *place, Remedy::run_direct);
  }
  if (auto objection = suitability_.objection(session.socket(), session.peer(), command, *place)) {
    reason_ = std::move(*objection);
    return decline(command, *place, Remedy::step_aside);
  }
  const std::string_view words = command.args.bytes();
  if (std::count(words.begin(), words.end(), '\0') > settings_.most_arguments) {
    reason_ = limit_reached(static_cast<std::size_t>(settings_.most_arguments), "arguments",
                            "--max-args");
    return decline(command, *place, Remedy::run_direct);
  }
  if (reducer_.callers() >= settings_.callers) {
    reason_ = limit_reached(settings_.callers, "callers", "--max-callers");
    return decline(command, *place, Remedy::run_direct);
  }
  identify(command, *place, identity_);
  session.set_chain(chain_of(command.env, instance_));
  if (command.options.announce) session.set_note(note_on_near_miss(reducer_, command, identity_));
  if (!reducer_.apply(identity_, command, *place, session)) {
    reason_ = limit_reached(settings_.runs, "runs", "--max-runs");
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

void Server::hand_over(Session& session) {
  if (draining_) return;
  // The other one begins with what is kept by the time that it has the socket.
  observers_.keep_now();
  std::string frame;
  put_frame(frame, MessageType::reply, claim_.is_own() ? R"({"own": true})" : R"({"own": false})");
  const iovec part{frame.data(), frame.size()};
  // Where it is gone, this one goes on.
  if (send_with(session.socket(), {&part, 1}, claim_.descriptors(), MSG_DONTWAIT) < 0) return;
  draining_ = true;
  idle_.cancel();
  listener_.close();
  claim_.give_away();
  drain_runs();
}

std::optional<Refused> Server::observe(Session& session) {
  if (looking_on_.size() >= settings_.lookers_on) {
    reason_ = limit_reached(settings_.lookers_on, "observers", "--max-observers");
    return Refused{Remedy::give_up, reason_};
  }
  // First of all: it may be closed while it is told.
  looking_on_[&session] =
      observers_.feed().listen([&session](std::string_view line) { session.tell_event(line); });
  reducer_.for_each_run(
      [&](const Run& run) { session.tell_event(observers_.feed().line_on(run)); });
  check_idle();
  return std::nullopt;
}

void Server::tire(Session& session) {
  observers_.hooks().tire(*session.run(), session);
}

std::string Server::line_on_dropped(std::uint64_t count) {
  return observers_.feed().line_on_dropped(count);
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
  observers_.keep_now();
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
    case QueryKind::about:
      return about_json(settings_, reducer_.running(), reducer_.callers());
    case QueryKind::kill:
    case QueryKind::forget:
    case QueryKind::events:
    case QueryKind::hand_over:
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

}  // namespace reduce
