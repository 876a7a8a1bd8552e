#include "client/own_command.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace reduce {
namespace {

/// The strings of a null-terminated list as packed bytes: in place where they lie one after
/// another, as execve(2) leaves them, else copied to `storage`.
PackedStrings pack(char** strings, std::string& storage) {
  if (*strings == nullptr) return {};
  const char* end = *strings;
  bool contiguous = true;
  for (char** string = strings; *string != nullptr; ++string) {
    contiguous = contiguous && *string == end;
    end = *string + std::strlen(*string) + 1;
  }
  if (contiguous) return PackedStrings({*strings, static_cast<std::size_t>(end - *strings)});
  for (char** string = strings; *string != nullptr; ++string) {
    storage.append(*string, std::strlen(*string) + 1);
  }
  return PackedStrings(storage);
}

mode_t own_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

PackedStrings pack(const std::vector<std::string>& strings, std::string& storage) {
  for (const std::string& string : strings) storage.append(string.c_str(), string.size() + 1);
  return PackedStrings(storage);
}

/// What of a file counts: "DEVICE:INODE:SIZE:MTIME PATH", or a word for its absence and the path.
std::string file_state(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    return (errno == ENOENT || errno == ENOTDIR ? "absent " : "unreadable ") + path;
  }
  const auto& time = found.st_mtim;
  return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) + ":" +
         std::to_string(found.st_size) + ":" + std::to_string(time.tv_sec) + "." +
         std::to_string(time.tv_nsec) + " " + path;
}

CallOptions options_of(const Settings& settings) {
  CallOptions options;
  options.ident = settings.ident;
  options.scope = settings.scope ? std::string_view(*settings.scope) : std::string_view();
  options.env_mode = settings.env_mode.value_or(EnvMode::automatic);
  options.any_cwd = settings.any_cwd.value_or(false);
  options.no_join = settings.no_join.value_or(false);
  options.fresh = settings.fresh.value_or(false);
  options.max_age = settings.max_age;
  options.ttl = settings.ttl;
  options.timeout = settings.timeout;
  options.kill_after = settings.kill_after;
  options.retries = settings.retries.value_or(0);
  options.retry_delay = settings.retry_delay;
  options.linger = settings.linger;
  options.keep = settings.keep.value_or(false);
  options.is_private = settings.is_private.value_or(false);
  options.announce = settings.verbose.value_or(false) || settings.report;
  return options;
}

}  // namespace

OwnCommand::OwnCommand(const Call& call, const Input& input, bool explain) {
  view_.args = pack(call.words, words_);
  view_.env = pack(environ, environment_);
  view_.umask = own_umask();
  view_.nice = ::getpriority(PRIO_PROCESS, 0);
  for (unsigned resource = 0; resource < view_.limits.size(); ++resource) {
    ::getrlimit(static_cast<__rlimit_resource>(resource), &view_.limits[resource]);
  }
  view_.options = options_of(call.settings);
  view_.options.input_digest = input.digest();
  // Who hears that the daemon has the content can let go of it.
  view_.options.announce |= input.descriptor() >= 0;
  view_.options.env = pack(call.settings.env, env_names_);
  view_.options.ignore_env = pack(call.settings.ignore_env, env_globs_);
  std::vector<std::string> states;
  for (const std::string& file : call.settings.files) states.push_back(file_state(file));
  view_.options.files = pack(states, files_);
  view_.options.explain = explain;
}

Result<UniqueFd> open_own_directory() {
  UniqueFd directory(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_error("cannot open the working directory");
  return directory;
}

}  // namespace reduce
