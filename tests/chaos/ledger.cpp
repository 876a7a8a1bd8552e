#include "chaos/ledger.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "support/e2e/one_line.hpp"

namespace chaos {
namespace {

using e2e::Result;

constexpr int kTimeout = 124, kTimeoutKilled = 137, kWaitTimeout = 75, kLost = 125;

/// The bytes of a file from there on.
std::string read_from(const std::string& path, std::size_t offset) {
  const reduce::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[16384];
  for (;;) {
    const auto at = static_cast<off_t>(offset + text.size());
    const ssize_t got = ::pread(file.get(), buffer, sizeof buffer, at);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

bool is_end(const Result& result, const End& end) {
  return end.signal != 0 ? result.signal == end.signal : result.code == end.code;
}

std::optional<std::string> complaint_on_words(const Caller& caller, const Result& result,
                                              const Lines& lines) {
  const bool is_lost = result.code == kLost && caller.is_excused(Excuse::lost) &&
                       lines.between.empty() && !lines.after.empty();
  if (is_lost) return std::nullopt;
  const bool works = result.code == 0 && caller.out() == *caller.says && lines.between.empty() &&
                     lines.after.empty();
  if (works) return std::nullopt;
  return "a plain call did not work";
}

}  // namespace

std::size_t Ledger::executions() {
  std::string text = read_from(runs_, read_);
  text.resize(text.rfind('\n') + 1);
  read_ += text.size();
  std::istringstream lines(text);
  lines >> std::hex;
  for (Nonce nonce = 0; lines >> nonce;) {
    pid_t pid = 0;
    lines >> std::dec >> pid >> std::hex;
    executions_[nonce] = {executions_.size(), pid};
    pids_.push_back(pid);
  }
  return executions_.size();
}

std::vector<pid_t> Ledger::latest(std::size_t most) {
  executions();
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, pids_.size()));
  return {pids_.end() - count, pids_.end()};
}

std::optional<std::string> Ledger::complaint(const Caller& caller, const Result& result) {
  ++totals_.calls;
  executions();
  const Lines lines = split(caller.err());
  if (!lines.before.empty()) ++totals_.direct;
  const bool may_go = caller.is_excused(Excuse::direct) || caller.plan().has("--on-wait-timeout");
  if (!lines.is_right) return "there are lines of ours where none belong";
  if (!lines.before.empty() && !may_go) return "it was run without the daemon for no reason";
  if (caller.says) return complaint_on_words(caller, result, lines);
  const Got out = compare(caller.out(), Stream::out, caller.plan().work);
  const Got err = compare(lines.between, Stream::err, caller.plan().work);
  if (auto wrong = complaint_on_bytes(caller, out, err)) return wrong;
  return complaint_on_end(caller, result, out, err, lines);
}

std::optional<std::string> Ledger::complaint_on_bytes(const Caller& caller, const Got& out,
                                                      const Got& err) {
  if (!out.is_right) return "its stdout is not the beginning of one execution's";
  if (!err.is_right) return "its stderr is not the beginning of one execution's";
  if (out.nonce && err.nonce && out.nonce != err.nonce) return "its streams are of two executions";
  const auto nonce = out.nonce ? out.nonce : err.nonce;
  if (!nonce) return std::nullopt;
  const auto found = executions_.find(*nonce);
  if (found == executions_.end()) return "nothing that was executed wrote that";
  const bool is_old = found->second.number < caller.executions_before;
  if (caller.plan().has("--fresh") && is_old) return "what it got was executed before the call";
  const auto seen = seen_.find(*nonce);
  const bool had_ended = seen != seen_.end() && seen->second.end <= caller.ends_before;
  if (had_ended && !caller.plan().has("--ttl")) return "what it got had ended before the call";
  return std::nullopt;
}

std::optional<std::string> Ledger::complaint_on_end(const Caller& caller, const Result& result,
                                                    const Got& out, const Got& err,
                                                    const Lines& lines) {
  const bool own = caller.signals().contains(result.signal) ||
                   (caller.is_out_closed() && result.signal == SIGPIPE);
  if (own && result.signal != 0) {
    ++totals_.left;
    return std::nullopt;
  }
  if (result.code == kLost || result.code == kWaitTimeout) {
    ++totals_.lost;
    const bool may = result.code == kWaitTimeout ? caller.plan().has("--wait-timeout")
                                                 : caller.is_excused(Excuse::lost);
    if (lines.after.empty()) return "it gave up without a line";
    if (!may) return "it gave up for no reason";
    return std::nullopt;
  }
  if (!lines.after.empty()) return "it said something that was not asked for";
  const auto nonce = out.nonce ? out.nonce : err.nonce;
  const Finale finale = caller.plan().work.finale;
  const bool is_whole = (out.is_whole || caller.is_out_closed()) && err.is_whole;
  if (nonce && is_whole && is_end(result, natural_end(*nonce, finale))) {
    ++totals_.whole;
  } else if (was_cut_short(caller, result, nonce)) {
    ++totals_.cut_short;
  } else {
    return is_whole ? "its end is not the run's" : "it has not all of the output";
  }
  return nonce && !caller.is_out_closed() ? complaint_on_others(caller, result, *nonce)
                                          : std::nullopt;
}

/// Its run may have ended so: somebody saw to it.
bool Ledger::was_cut_short(const Caller& caller, const Result& result, std::optional<Nonce> nonce) {
  const bool late = result.code == kTimeout || result.code == kTimeoutKilled;
  if (late && caller.plan().has("--timeout")) return true;
  if (result.signal == 0) return false;
  const bool is_told = result.signal == SIGTERM || result.signal == SIGKILL;
  if (is_told && caller.is_excused(Excuse::ended)) return true;
  if (nonce) {
    const auto sent = signaled_.find(executions_.at(*nonce).pid);
    return sent != signaled_.end() && sent->second.contains(result.signal);
  }
  // Nothing tells which it was.
  return std::ranges::any_of(signaled_,
                             [&](const auto& sent) { return sent.second.contains(result.signal); });
}

/// All who got a run's end got the same.
std::optional<std::string> Ledger::complaint_on_others(const Caller& caller, const Result& result,
                                                       Nonce nonce) {
  const Seen mine{result, caller.out().size(), split(caller.err()).between.size(), ++last_end_};
  const auto [seen, is_first] = seen_.emplace(nonce, mine);
  const Seen& first = seen->second;
  const bool is_same = first.result.code == result.code && first.result.signal == result.signal &&
                       first.out == mine.out && first.err == mine.err;
  if (is_first || is_same) return std::nullopt;
  return "another caller of the same run got something else: " + std::to_string(first.out) +
         " and " + std::to_string(first.err) + " bytes";
}

}  // namespace chaos
