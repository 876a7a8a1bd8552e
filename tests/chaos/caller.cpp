#include "chaos/caller.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "support/catch.hpp"

namespace chaos {
namespace {

using reduce::UniqueFd;

/// Bytes at a time of one that reads slowly.
constexpr std::size_t kSlowly = 3000;
constexpr std::size_t kEagerly = 1 << 18;

e2e::Started start(e2e::Spawn spawn, int out, int err) {
  spawn.out = e2e::Target::descriptor(out);
  spawn.err = e2e::Target::descriptor(err);
  return e2e::Started(std::move(spawn));
}

}  // namespace

Caller::Ends Caller::make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Caller::Caller(int number, Plan plan, e2e::Spawn spawn)
    : Caller(number, std::move(plan), std::move(spawn), make_pipe(), make_pipe()) {}

Caller::Caller(int number, Plan plan, e2e::Spawn spawn, Ends out, Ends err)
    : number_(number),
      plan_(std::move(plan)),
      out_{std::move(out.reader), {}},
      err_{std::move(err.reader), {}},
      process_(start(std::move(spawn), out.writer.get(), err.writer.get())) {}

void Caller::Output::read(std::size_t most) {
  static std::array<char, kEagerly> buffer;
  while (reader) {
    const ssize_t got = ::read(reader.get(), buffer.data(), std::min(most, buffer.size()));
    if (got < 0) return;
    if (got == 0) return reader.reset();
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (most < buffer.size()) return;
  }
}

void Caller::read() {
  if (plan_.pace == Pace::not_at_all) return;
  const std::size_t most = plan_.pace == Pace::slow ? kSlowly : kEagerly;
  out_.read(most);
  err_.read(most);
}

std::vector<pollfd> Caller::wishes() const {
  if (plan_.pace != Pace::eager) return {};
  return {{out_.reader ? out_.reader.get() : -1, POLLIN, 0},
          {err_.reader ? err_.reader.get() : -1, POLLIN, 0}};
}

bool Caller::has_ended() {
  return !process_.is_running() && !out_.reader && !err_.reader;
}

void Caller::signal(int number) {
  if (!process_.is_running()) return;
  process_.signal(number);
  signals_.insert(number);
}

void Caller::close_out() {
  out_.read(kEagerly);
  out_.reader.reset();
  out_closed_ = true;
}

void Caller::stop() {
  if (!process_.is_running()) return;
  process_.signal(SIGSTOP);
  stopped_ = true;
  deadline.reset();
}

void Caller::resume() {
  stopped_ = false;
  if (process_.is_running()) process_.signal(SIGCONT);
}

std::string Caller::history() const {
  std::string text;
  for (const std::string& line : history_) text += "  " + line + "\n";
  return text;
}

}  // namespace chaos
