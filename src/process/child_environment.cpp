#include "process/child_environment.hpp"

#include "command/job_server.hpp"

namespace reduce {

ChildEnvironment::ChildEnvironment(const PackedStrings& environment, std::string chain) {
  const std::string name = chain.substr(0, chain.find('=') + 1);
  changed_.push_back(std::move(chain));
  pointers_.reserve(128);
  pointers_.push_back(changed_.back().c_str());
  for (const std::string_view variable : environment) {
    if (variable.starts_with(name)) continue;
    if (auto other = without_job_server(variable)) {
      changed_.push_back(std::move(*other));
      pointers_.push_back(changed_.back().c_str());
    } else {
      pointers_.push_back(variable.data());
    }
  }
  pointers_.push_back(nullptr);
}

}  // namespace reduce
