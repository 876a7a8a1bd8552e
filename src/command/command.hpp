#pragma once

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/unique_fd.hpp"
#include "command/packed_strings.hpp"

namespace reduce {

/// Which environment variables count in the identity.
enum class EnvMode : std::uint8_t { automatic, all, none };

/// What a caller says of its call beside the command itself. Borrowed strings; a duration or number
/// that is not set was not given.
struct CallOptions {
  // What counts as the same command.
  std::optional<std::string_view> ident;
  std::string_view scope;
  EnvMode env_mode = EnvMode::automatic;
  PackedStrings env;         ///< names that count too
  PackedStrings ignore_env;  ///< globs of names that do not count
  bool any_cwd = false;
  PackedStrings files;            ///< state and path of each file that counts, see file_state()
  std::string_view input_digest;  ///< of the content that the process gets as stdin; empty: none

  // Which run serves the call.
  bool no_join = false;
  bool fresh = false;
  std::optional<Duration> max_age;
  std::optional<Duration> ttl;

  // How the run goes.
  std::optional<Duration> timeout;
  std::optional<Duration> kill_after;
  std::uint32_t retries = 0;
  std::optional<Duration> retry_delay;
  std::optional<Duration> linger;
  bool keep = false;

  /// Only the program's name is shown to others.
  bool is_private = false;
  /// The caller wants to hear at once which run it got.
  bool announce = false;
  /// Nothing is to be run: the caller wants to know what counts, and what is in flight.
  bool explain = false;
};

/// What was asked, as bytes that belong to somebody else: the shape in which a request is read.
struct CommandView {
  PackedStrings args;
  PackedStrings env;
  mode_t umask = 022;
  int nice = 0;
  std::array<rlimit, RLIM_NLIMITS> limits{};
  CallOptions options;
};

/// The program's name: the last part of its path.
std::string_view program_name(const CommandView& command);

/// The arguments as others may see them: with --private the program's name alone.
std::vector<std::string_view> shown_arguments(const CommandView& command);

/// Where and as whom a command runs: facts that the kernel told, not the caller.
/// `cwd` is a descriptor of the directory (O_PATH is enough); its path is for people and, with
/// the directory's device and inode, for the identity. `input` is a regular file with what the
/// process reads as its stdin; empty for nothing.
struct Place {
  UniqueFd cwd;
  UniqueFd input;
  std::string cwd_path;
  std::uint64_t cwd_device = 0;
  std::uint64_t cwd_inode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  ///< supplementary ones, in order
};

/// A command that a run keeps: the same as the view that it was made of, on bytes of its own.
class Command {
 public:
  Command(const CommandView& view, Place place);

  const CommandView& view() const { return view_; }
  /// The directory's path as others may see it: with --private nothing.
  std::string_view shown_directory() const {
    return view_.options.is_private ? std::string_view() : place_.cwd_path;
  }
  const Place& place() const { return place_; }

 private:
  std::unique_ptr<char[]> bytes_;
  CommandView view_;
  Place place_;
};

}  // namespace reduce
