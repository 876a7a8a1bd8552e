#include "process/child_environment.hpp"

namespace reduce {
namespace {

constexpr std::string_view kChain = "REDUCE_CHAIN=";

}  // namespace

ChildEnvironment::ChildEnvironment(const PackedStrings& environment, RunId id) : chain_(kChain) {
  pointers_.reserve(128);
  for (const std::string_view variable : environment) {
    if (variable.starts_with(kChain)) {
      chain_ = variable;
      chain_ += ',';
    } else {
      pointers_.push_back(variable.data());
    }
  }
  chain_ += std::to_string(id);
  pointers_.push_back(chain_.c_str());
  pointers_.push_back(nullptr);
}

}  // namespace reduce
