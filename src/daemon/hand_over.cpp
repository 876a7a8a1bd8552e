#include "daemon/hand_over.hpp"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "channel/inbox.hpp"
#include "channel/socket.hpp"
#include "wire/message.hpp"

namespace reduce {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kLargestAnswer = 64 * 1024;
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr int kPause = 5;  // ms

Error refused_by(const std::string& socket, const std::string& reason) {
  return make_error("the daemon at " + socket + " does not give it up" + reason);
}

Error silent(const std::string& socket) {
  return make_error("the daemon at " + socket + " does not answer");
}

Error hangs_up(const std::string& socket) {
  return Error("the daemon at " + socket + " hangs up", ECONNRESET);
}

/// Who does not say so leaves the socket: a name too many does less harm than one too few.
bool says_own(std::string_view reply) {
  const auto json = nlohmann::json::parse(reply, nullptr, false);
  const auto own = json.find("own");
  return own != json.end() && *own == true;
}

Result<std::optional<HandedOver>> take_from(const Message& answer, Inbox& inbox,
                                            const std::string& socket) {
  if (answer.type == MessageType::refused) {
    const auto refused = parse_refused(answer.body);
    if (refused && refused->remedy == Remedy::try_again) return hangs_up(socket);
    return refused_by(socket, refused ? ": " + std::string(refused->reason) : "");
  }
  HandedOver handed;
  handed.listener = inbox.take_descriptor();
  handed.lock = inbox.take_descriptor();
  if (answer.type != MessageType::reply || !handed.listener || !handed.lock) {
    return refused_by(socket, "");
  }
  handed.own = says_own(answer.body);
  return std::optional(std::move(handed));
}

/// Code ECONNRESET where the daemon hangs up or says "try again": it has just given the socket to
/// another one, or is ending.
Result<std::optional<HandedOver>> ask_once(const std::string& socket, Duration patience) {
  const auto connection = connect_to(socket, patience);
  if (!connection) {
    const int code = connection.error().code;
    if (code == ENOENT || code == ECONNREFUSED) return std::optional<HandedOver>();
    return code == EAGAIN ? silent(socket) : connection.error();
  }
  const auto peer = peer_of(connection->get());
  if (!peer || peer->uid != ::geteuid())
    return make_error("another user's daemon serves " + socket);
  std::string frame;
  put_query(frame, {QueryKind::hand_over, {}});
  iovec part{frame.data(), frame.size()};
  // One that has hung up may have said why.
  static_cast<void>(send_all(connection->get(), {&part, 1}, {}));
  Inbox inbox(kLargestAnswer);
  for (;;) {
    const auto message = inbox.next();
    if (!message) return message.error();
    if (*message) return take_from(**message, inbox, socket);
    const auto arrival = inbox.receive(connection->get());
    if (arrival == Inbox::Arrival::none) return silent(socket);
    if (arrival != Inbox::Arrival::bytes) {
      return hangs_up(socket);
    }
  }
}

}  // namespace

Result<std::optional<HandedOver>> ask_for_socket(const std::string& socket) {
  const auto give_up = SteadyClock::now() + kPatience;
  for (;;) {
    auto handed = ask_once(socket, give_up - SteadyClock::now());
    if (handed || handed.error().code != ECONNRESET) return handed;
    ::poll(nullptr, 0, kPause);
    if (SteadyClock::now() >= give_up) return handed;
  }
}

}  // namespace reduce
