#include "base/result.hpp"

#include <cstring>

namespace reduce {

Error system_error(std::string what, int code) {
  what += ": ";
  what += std::strerror(code);
  return {std::move(what), code};
}

}  // namespace reduce
