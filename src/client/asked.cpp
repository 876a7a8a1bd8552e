#include "client/asked.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/socket_path.hpp"
#include "channel/socket.hpp"
#include "client/input.hpp"
#include "client/request.hpp"
#include "wire/message.hpp"

namespace reduce {
namespace {

constexpr std::size_t kLargestReply = 256 << 20;

QueryKind kind_of(Question::Kind kind) {
  switch (kind) {
    case Question::Kind::list:
      return QueryKind::list;
    case Question::Kind::stop:
      return QueryKind::stop;
    case Question::Kind::kill:
      return QueryKind::kill;
    case Question::Kind::forget:
      return QueryKind::forget;
    case Question::Kind::events:
      return QueryKind::events;
    default:
      return QueryKind::stats;
  }
}

/// The error of a question that was not sent, unless the daemon hung up: it may have said why.
Result<void> unless_hung_up(const Result<void>& sent) {
  const int code = sent ? 0 : sent.error().code;
  return code == EPIPE || code == ECONNRESET ? Result<void>() : sent;
}

}  // namespace

Asked::Asked(UniqueFd socket) : socket_(std::move(socket)), inbox_(kLargestReply) {}

Result<Asked> Asked::connect(const std::optional<std::string>& socket) {
  const auto path = choose_socket(socket, ::geteuid());
  if (!path) return path.error();
  auto connected = connect_to(*path);
  if (!connected) {
    const int code = connected.error().code;
    if (code != ENOENT && code != ECONNREFUSED) return connected.error();
    return make_error("no daemon serves " + *path);
  }
  const auto peer = peer_of(connected->get());
  if (!peer) return peer.error();
  if (peer->uid != ::geteuid()) return make_error("another user's daemon serves " + *path);
  return Asked(std::move(*connected));
}

Result<Asked> Asked::put(const std::optional<std::string>& socket, const Query& query) {
  auto asked = connect(socket);
  if (!asked) return asked.error();
  std::string frame;
  put_query(frame, query);
  iovec part{frame.data(), frame.size()};
  const auto sent = unless_hung_up(send_all(asked->socket_.get(), {&part, 1}, {}));
  if (!sent) return sent.error();
  return asked;
}

Result<Asked> Asked::put(const Question& question) {
  if (question.kind != Question::Kind::explain) {
    return put(question.socket, {kind_of(question.kind), question.argument});
  }
  auto asked = connect(question.socket);
  if (!asked) return asked.error();
  Input input(question.call.settings.input.value_or(InputMode::automatic));
  if (auto taken = input.take(); !taken) return taken.error();
  const auto sent = unless_hung_up(send_request(asked->socket_.get(), question.call, input, true));
  if (!sent) return sent.error();
  return asked;
}

Result<Asked::Hearing> Asked::hear(std::string& answer, int flags) {
  for (;;) {
    const auto message = inbox_.next();
    if (!message) return message.error();
    if (*message) {
      const MessageType type = (*message)->type;
      if (type == MessageType::reply || type == MessageType::events) {
        answer = (*message)->body;
        return Hearing::answer;
      }
      const auto refused = parse_refused((*message)->body);
      if (type == MessageType::refused && refused) return make_error(std::string(refused->reason));
      return make_error("the daemon sent a malformed message");
    }
    const auto arrival = inbox_.receive(socket_.get(), flags);
    if (arrival == Inbox::Arrival::none) return Hearing::nothing;
    if (arrival != Inbox::Arrival::bytes) return Hearing::end;
  }
}

void Asked::ask_no_more() {
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace reduce
