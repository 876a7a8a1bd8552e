#pragma once

#include <vector>

#include "run/hooks.hpp"

namespace reduce {

/// Several hooks as one, told in order. What one throws ends neither the others nor the run.
class HookChain final : public Hooks {
 public:
  /// `hook` outlives the chain.
  void add(Hooks& hook) { hooks_.push_back(&hook); }

  void apply(const Run& run) override;
  void execute(const Run& run) override;
  void reduce(const Run& run, const Caller& caller) override;
  void retry(const Run& run) override;
  void leave(const Run& run, const Caller& caller) override;
  void result(const Run& run) override;
  void error(const Run& run) override;
  void cancel(const Run& run) override;
  void tire(const Run& run, const Caller& caller) override;
  void decline(const CommandView& command, const Place& place, std::string_view reason) override;

 private:
  template <class Moment>
  void tell(Moment moment);

  std::vector<Hooks*> hooks_;
};

}  // namespace reduce
