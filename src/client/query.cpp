#include "client/query.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/exit_status.hpp"
#include "base/socket_path.hpp"
#include "channel/inbox.hpp"
#include "channel/socket.hpp"
#include "client/input.hpp"
#include "client/request.hpp"
#include "client/say.hpp"
#include "client/tables.hpp"
#include "wire/message.hpp"

namespace reduce {
namespace {

constexpr std::size_t kLargestReply = 256 << 20;

QueryKind kind_of(Question::Kind kind) {
  switch (kind) {
    case Question::Kind::stats:
    case Question::Kind::explain:
      break;
    case Question::Kind::list:
      return QueryKind::list;
    case Question::Kind::stop:
      return QueryKind::stop;
    case Question::Kind::kill:
      return QueryKind::kill;
    case Question::Kind::forget:
      return QueryKind::forget;
  }
  return QueryKind::stats;
}

Result<void> send_question(int socket, const Question& question) {
  if (question.kind == Question::Kind::explain) {
    Input input(question.call.settings.input.value_or(InputMode::automatic));
    if (auto taken = input.take(); !taken) return taken.error();
    return send_request(socket, question.call, input, true);
  }
  std::string frame;
  put_query(frame, {kind_of(question.kind), question.argument});
  iovec part{frame.data(), frame.size()};
  return send_all(socket, {&part, 1}, {});
}

/// The daemon's answer to one question.
Result<std::string> exchange(int socket, const Question& question) {
  if (auto sent = send_question(socket, question); !sent) return sent.error();
  Inbox inbox(kLargestReply);
  for (;;) {
    const auto message = inbox.next();
    if (!message) return message.error();
    if (*message && (*message)->type == MessageType::reply) return std::string((*message)->body);
    if (*message && (*message)->type == MessageType::refused) {
      const auto refused = parse_refused((*message)->body);
      return make_error(refused ? std::string(refused->reason) : refused.error().text);
    }
    if (*message) return make_error("the daemon sent a malformed message");
    if (inbox.receive(socket) != Inbox::Arrival::bytes) {
      return make_error("the daemon ended without an answer");
    }
  }
}

Result<std::string> ask_daemon(const Question& question) {
  const auto path = choose_socket(question.socket, ::geteuid());
  if (!path) return path.error();
  const auto socket = connect_to(*path);
  if (!socket) {
    const int code = socket.error().code;
    if (code != ENOENT && code != ECONNREFUSED) return socket.error();
    return make_error("no daemon serves " + *path);
  }
  const auto peer = peer_of(socket->get());
  if (!peer) return peer.error();
  if (peer->uid != ::geteuid()) return make_error("another user's daemon serves " + *path);
  return exchange(socket->get(), question);
}

std::string text_of(const Question& question, const std::string& answer) {
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  const bool as_it_is = question.json || json.is_discarded();
  switch (question.kind) {
    case Question::Kind::stats:
      return as_it_is ? answer + "\n" : stats_table(json);
    case Question::Kind::list:
      return as_it_is ? answer + "\n" : list_table(json);
    case Question::Kind::explain:
      return as_it_is ? answer + "\n" : explanation(json);
    case Question::Kind::stop:
    case Question::Kind::kill:
    case Question::Kind::forget:
      break;
  }
  return {};
}

}  // namespace

int ask(const Question& question) {
  const auto answer = ask_daemon(question);
  if (!answer) {
    say(answer.error().text);
    return kExitOwnFailure;
  }
  const std::string text = text_of(question, *answer);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    say(system_error("cannot write to standard output").text);
    return kExitOwnFailure;
  }
  return 0;
}

}  // namespace reduce
