#include "client/query.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/exit_status.hpp"
#include "base/socket_path.hpp"
#include "base/standard_descriptors.hpp"
#include "channel/inbox.hpp"
#include "channel/socket.hpp"
#include "client/input.hpp"
#include "client/prometheus.hpp"
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
    case Question::Kind::events:
      return QueryKind::events;
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

/// The body of the next answer; nothing where the daemon has ended.
Result<std::optional<std::string>> receive(int socket, Inbox& inbox) {
  for (;;) {
    const auto message = inbox.next();
    if (!message) return message.error();
    if (*message) {
      const MessageType type = (*message)->type;
      if (type == MessageType::reply || type == MessageType::events) {
        return std::optional(std::string((*message)->body));
      }
      const auto refused = parse_refused((*message)->body);
      if (type == MessageType::refused && refused) return make_error(std::string(refused->reason));
      return make_error("the daemon sent a malformed message");
    }
    if (inbox.receive(socket) != Inbox::Arrival::bytes) return std::optional<std::string>();
  }
}

/// A connection on which the question has been asked.
Result<UniqueFd> put_to_daemon(const Question& question) {
  const auto path = choose_socket(question.socket, ::geteuid());
  if (!path) return path.error();
  auto socket = connect_to(*path);
  if (!socket) {
    const int code = socket.error().code;
    if (code != ENOENT && code != ECONNREFUSED) return socket.error();
    return make_error("no daemon serves " + *path);
  }
  const auto peer = peer_of(socket->get());
  if (!peer) return peer.error();
  if (peer->uid != ::geteuid()) return make_error("another user's daemon serves " + *path);
  if (auto sent = send_question(socket->get(), question); !sent) return sent.error();
  return socket;
}

std::string text_of(const Question& question, const std::string& answer) {
  using Kind = Question::Kind;
  auto json = nlohmann::ordered_json::parse(answer, nullptr, false);
  const bool as_it_is = question.form == Question::Form::json || json.is_discarded();
  switch (question.kind) {
    case Kind::stats:
      if (json.is_object() && !question.detail) json.erase("programs");
      if (question.form == Question::Form::prometheus) return prometheus_text(json);
      return as_it_is ? json.dump() + "\n" : stats_table(json);
    case Kind::list:
      return as_it_is ? answer + "\n" : list_table(json);
    case Kind::explain:
      return as_it_is ? answer + "\n" : explanation(json);
    case Kind::stop:
    case Kind::kill:
    case Kind::forget:
    case Kind::events:
      break;
  }
  return {};
}

int fail(const Error& error) {
  say(error.text);
  return kExitOwnFailure;
}

int print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return 0;
  }
  return fail(system_error("cannot write to standard output"));
}

/// Prints what happens until the daemon ends.
int print_events(int socket) {
  Inbox inbox(kLargestReply);
  for (;;) {
    const auto lines = receive(socket, inbox);
    if (!lines) return fail(lines.error());
    if (!*lines) return 0;
    if (const int status = print(**lines); status != 0) return status;
  }
}

}  // namespace

int ask(const Question& question) {
  static_cast<void>(fill_standard_descriptors(O_PATH | O_CLOEXEC));
  const auto socket = put_to_daemon(question);
  if (!socket) return fail(socket.error());
  if (question.kind == Question::Kind::events) return print_events(socket->get());
  Inbox inbox(kLargestReply);
  const auto answer = receive(socket->get(), inbox);
  if (!answer) return fail(answer.error());
  if (!*answer) return fail(make_error("the daemon ended without an answer"));
  return print(text_of(question, **answer));
}

}  // namespace reduce
