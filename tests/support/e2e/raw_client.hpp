#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

namespace e2e {

/// A connection to the daemon at `socket`, on which nothing is said yet. Empty where there is none.
reduce::UniqueFd connect_raw(const std::string& socket);

/// What the daemon takes of it; it may hang up.
void send_raw(const reduce::UniqueFd& client, std::string_view bytes);

/// The same, with descriptors.
void send_descriptors(const reduce::UniqueFd& client, std::string_view bytes,
                      std::span<const int> descriptors);

/// A frame as PROTOCOL.md has it, whatever the type.
std::string raw_frame(unsigned char type, std::string_view body);

/// Asks for a command, as a caller with no environment in this process's folder would.
void send_run(const reduce::UniqueFd& client, const std::vector<std::string>& argv);

/// Ways of clients that do not behave.
enum class Misbehaviour {
  garbage,
  half_a_frame,
  huge_length,
  descriptors,  ///< with messages that have none
  daemons_words,
  unknown_type,
  hangs_up,
  reads_nothing,
  count
};

/// Does so. What is left of the connection, if anything.
reduce::UniqueFd misbehave(const std::string& socket, Misbehaviour how, unsigned seed);

}  // namespace e2e
