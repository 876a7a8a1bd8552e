#include "base/result.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace reduce {

bool Error::is_shortage() const {
  constexpr int kShortages[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, ENOSPC, EDQUOT};
  return std::ranges::find(kShortages, code) != std::end(kShortages);
}

Error system_error(std::string what, int code) {
  what += ": ";
  what += std::strerror(code);
  return {std::move(what), code};
}

}  // namespace reduce
