#include "client/direct.hpp"

#include <unistd.h>

#include <cerrno>

#include "client/ending.hpp"

namespace reduce {

int run_direct(char** words) {
  ::execvp(words[0], words);
  return say_not_executed(words[0], errno);
}

}  // namespace reduce
