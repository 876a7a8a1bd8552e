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

}  // namespace

OwnCommand::OwnCommand(const Call& call) {
  view_.args = pack(call.words, words_);
  view_.env = pack(environ, environment_);
  view_.umask = own_umask();
  view_.nice = ::getpriority(PRIO_PROCESS, 0);
  for (unsigned resource = 0; resource < view_.limits.size(); ++resource) {
    ::getrlimit(static_cast<__rlimit_resource>(resource), &view_.limits[resource]);
  }
  view_.options = call.options;
}

Result<UniqueFd> open_own_directory() {
  UniqueFd directory(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_error("cannot open the working directory");
  return directory;
}

}  // namespace reduce
