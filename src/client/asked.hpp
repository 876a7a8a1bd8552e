#pragma once

#include <optional>
#include <string>

#include "channel/inbox.hpp"
#include "client/call.hpp"
#include "wire/message.hpp"

namespace reduce {

/// A question that has been put to the daemon, on a connection of its own.
class Asked {
 public:
  /// Starts no daemon. Where none is there, that is the error.
  static Result<Asked> put(const Question& question);
  /// The same, of the daemon of this socket (else the standard one).
  static Result<Asked> put(const std::optional<std::string>& socket, const Query& query);

  /// Readable when there is something to hear.
  int descriptor() const { return socket_.get(); }

  /// No more than what has happened until now is wanted: the daemon ends after that.
  void ask_no_more();

  enum class Hearing {
    answer,   ///< the next one came
    nothing,  ///< it has not come whole yet
    end,      ///< the daemon has ended
  };
  /// The next answer. Waits for it unless `flags` hold MSG_DONTWAIT.
  Result<Hearing> hear(std::string& answer, int flags = 0);

 private:
  explicit Asked(UniqueFd socket);
  static Result<Asked> connect(const std::optional<std::string>& socket);

  UniqueFd socket_;
  Inbox inbox_;
};

}  // namespace reduce
