#include "client/query.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/exit_status.hpp"
#include "base/socket_path.hpp"
#include "channel/inbox.hpp"
#include "channel/socket.hpp"
#include "client/say.hpp"
#include "client/tables.hpp"
#include "wire/message.hpp"

namespace reduce {
namespace {

constexpr std::size_t kLargestReply = 256 << 20;

QueryKind kind_of(Question::Kind kind) {
  switch (kind) {
    case Question::Kind::stats:
      return QueryKind::stats;
    case Question::Kind::list:
      return QueryKind::list;
    case Question::Kind::stop:
      break;
  }
  return QueryKind::stop;
}

/// The daemon's answer to one query.
Result<std::string> exchange(int socket, QueryKind kind) {
  std::string frame;
  put_query(frame, {kind, {}});
  iovec part{frame.data(), frame.size()};
  if (auto sent = send_all(socket, {&part, 1}, {}); !sent) return sent.error();
  Inbox inbox(kLargestReply);
  for (;;) {
    const auto message = inbox.next();
    if (!message) return message.error();
    if (*message && (*message)->type == MessageType::reply) return std::string((*message)->body);
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
  return exchange(socket->get(), kind_of(question.kind));
}

std::string text_of(const Question& question, const std::string& answer) {
  if (question.kind == Question::Kind::stop) return {};
  if (question.json) return answer + "\n";
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  if (json.is_discarded()) return answer + "\n";
  return question.kind == Question::Kind::stats ? stats_table(json) : list_table(json);
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
