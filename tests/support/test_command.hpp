#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command/command.hpp"
#include "command/identity.hpp"

namespace reduce::test {

using Strings = std::vector<std::string>;

/// Strings as the kernel packs them: each ended by NUL.
inline std::string pack(const Strings& strings) {
  std::string bytes;
  for (const std::string& text : strings) bytes.append(text).push_back('\0');
  return bytes;
}

/// What a caller asks for, with the storage that a CommandView lacks. Every field may be changed.
struct TestCommand {
  TestCommand() = default;
  explicit TestCommand(Strings arguments, Strings environment = {})
      : args(std::move(arguments)), env(std::move(environment)) {}

  static TestCommand unshared() {
    TestCommand command;
    command.options.no_join = true;
    return command;
  }

  Strings args{"true"};
  Strings env;
  std::string cwd = "/";
  std::uint64_t cwd_device = 1;
  std::uint64_t cwd_inode = 2;
  uid_t uid = 1000;
  gid_t gid = 1000;
  mode_t umask = 022;
  int nice = 0;
  std::array<rlimit, RLIM_NLIMITS> limits{};
  CallOptions options;  ///< borrowed strings: they must outlive this

  /// Valid until the next call.
  CommandView view() const {
    packed_args_ = pack(args);
    packed_env_ = pack(env);
    CommandView view;
    view.args = PackedStrings(packed_args_);
    view.env = PackedStrings(packed_env_);
    view.umask = umask;
    view.nice = nice;
    view.limits = limits;
    view.options = options;
    return view;
  }

  Place place() const {
    Place place;
    place.cwd_path = cwd;
    place.cwd_device = cwd_device;
    place.cwd_inode = cwd_inode;
    place.uid = uid;
    place.gid = gid;
    return place;
  }

  Identity identity() const {
    Identity identity;
    identify(view(), place(), identity);
    return identity;
  }

 private:
  mutable std::string packed_args_;
  mutable std::string packed_env_;
};

}  // namespace reduce::test
