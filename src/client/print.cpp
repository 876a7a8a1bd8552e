#include "client/print.hpp"

#include <cstdio>

#include "base/exit_status.hpp"
#include "base/result.hpp"
#include "client/say.hpp"

namespace reduce {

int print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return 0;
  }
  say(system_error("cannot write to standard output").text);
  return kExitOwnFailure;
}

}  // namespace reduce
