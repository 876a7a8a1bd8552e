#include "run/chain.hpp"

#include <algorithm>
#include <charconv>

namespace reduce {
namespace {

/// The variable's value; empty where it is not set.
std::string_view chain_value(const PackedStrings& environment) {
  for (const std::string_view variable : environment) {
    if (variable.starts_with(kChainVariable) && variable.size() > kChainVariable.size() &&
        variable[kChainVariable.size()] == '=') {
      return variable.substr(kChainVariable.size() + 1);
    }
  }
  return {};
}

}  // namespace

std::vector<RunId> chain_of(const PackedStrings& environment, std::string_view instance) {
  std::vector<RunId> chain;
  std::string_view rest = chain_value(environment);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t colon = word.find(':');
    if (colon == std::string_view::npos || word.substr(0, colon) != instance) continue;
    RunId id = 0;
    const std::string_view number = word.substr(colon + 1);
    const auto read = std::from_chars(number.data(), number.data() + number.size(), id);
    if (read.ec == std::errc() && read.ptr == number.data() + number.size()) chain.push_back(id);
  }
  return chain;
}

std::string chain_variable(const PackedStrings& environment, std::string_view instance, RunId id) {
  std::string variable(kChainVariable);
  variable += '=';
  const std::string_view before = chain_value(environment);
  if (!before.empty()) variable.append(before).append(",");
  return variable.append(instance).append(":").append(std::to_string(id));
}

}  // namespace reduce
