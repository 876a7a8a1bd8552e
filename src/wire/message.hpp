#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "command/command.hpp"
#include "command/outcome.hpp"

namespace reduce {

/// Each message has a put_… that appends its frame or body and a parse_… that reads a body back,
/// checks every bound, and borrows strings from it. PROTOCOL.md describes the bytes.

/// Appends the body of a `run` up to where the bytes of argv and the environment follow, which
/// the caller sends from where they are.
void put_run_prefix(std::string& into, const CommandView& command);
Result<CommandView> parse_run(std::string_view body);

/// Which run a caller got.
struct Attached {
  std::uint64_t run = 0;
  Role role = Role::started;
  std::uint32_t callers = 0;
  Duration age{};
  std::string note;  ///< what kept it apart from a run of the same arguments; empty if nothing did
};
void put_attached(std::string& into, const Attached& attached);
Result<Attached> parse_attached(std::string_view body);

enum class Stream : std::uint8_t { out, err };

inline Stream other(Stream stream) {
  return stream == Stream::out ? Stream::err : Stream::out;
}

/// How far a caller may copy: pieces of the spool, one after another from where the last notice
/// ended, streams alternating. With `new_segment` a descriptor came along: the pieces begin at its
/// first byte. All pieces of one notice are in one segment.
struct Notice {
  Stream first = Stream::out;
  bool new_segment = false;
  std::vector<std::uint32_t> lengths;
};
/// The most pieces in one notice: a caller that is further behind gets the rest after it.
inline constexpr std::size_t kMaxPieces = 512;
void put_notice(std::string& into, const Notice& notice);
Result<Notice> parse_notice(std::string_view body);

/// How the run ended, and what the caller's report needs.
struct Ending {
  Outcome outcome;
  Attached attached;
  Duration duration{};
};
void put_ending(std::string& into, const Ending& ending);
Result<Ending> parse_ending(std::string_view body);

/// Why the daemon does not serve a request, and what the caller does about it.
enum class Remedy : std::uint8_t {
  try_again,   ///< this daemon is ending: another one can be had
  run_direct,  ///< run the command without a daemon, and say so
  step_aside,  ///< run the command as if reduce-run were not there
  give_up,     ///< the request is wrong: nothing is run
};
struct Refused {
  Remedy remedy = Remedy::give_up;
  std::string_view reason;
};
void put_refused(std::string& into, const Refused& refused);
Result<Refused> parse_refused(std::string_view body);

/// A signal that the caller got (`signal`), or may end by (`leave`).
void put_signal(std::string& into, int signal);
Result<int> parse_signal(std::string_view body);
void put_leave(std::string& into, int signal);

/// What is asked of the daemon itself.
enum class QueryKind : std::uint8_t {
  stats = 1,
  list,
  stop,
  kill,
  forget,
  events,
  hand_over,  ///< of another daemon, which takes the socket over
  about,      ///< what the daemon is: its version, limits and folders
};
struct Query {
  QueryKind kind = QueryKind::stats;
  std::string_view argument;
};
void put_query(std::string& into, const Query& query);
Result<Query> parse_query(std::string_view body);

}  // namespace reduce
