#include "client/depth.hpp"

#include <algorithm>
#include <cstdlib>

#include "client/say.hpp"

namespace reduce {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

bool is_too_deep(const char* name) {
  const std::string_view chain = variable("REDUCE_CHAIN");
  const auto runs = static_cast<std::size_t>(std::count(chain.begin(), chain.end(), ',')) + 1;
  if (runs < kDeepest && variable("REDUCE_DEPTH").size() < kDeepest) return false;
  say(too_deep(name));
  return true;
}

void go_deeper() {
  const std::string depth = std::string(variable("REDUCE_DEPTH")) + ".";
  ::setenv("REDUCE_DEPTH", depth.c_str(), 1);
}

std::string too_deep(std::string_view name) {
  return std::string(name) + " is called within " + std::to_string(kDeepest) +
         " calls, without end it seems: see which program in PATH calls it again";
}

}  // namespace reduce
