#include "hooks/hook_chain.hpp"

namespace reduce {

template <class Moment>
void HookChain::tell(Moment moment) {
  for (Hooks* hook : hooks_) {
    try {
      moment(*hook);
    } catch (...) {
      // An observer's fault is its own.
    }
  }
}

void HookChain::apply(const Run& run) {
  tell([&](Hooks& hook) { hook.apply(run); });
}

void HookChain::execute(const Run& run) {
  tell([&](Hooks& hook) { hook.execute(run); });
}

void HookChain::reduce(const Run& run, const Caller& caller) {
  tell([&](Hooks& hook) { hook.reduce(run, caller); });
}

void HookChain::retry(const Run& run) {
  tell([&](Hooks& hook) { hook.retry(run); });
}

void HookChain::leave(const Run& run, const Caller& caller) {
  tell([&](Hooks& hook) { hook.leave(run, caller); });
}

void HookChain::result(const Run& run) {
  tell([&](Hooks& hook) { hook.result(run); });
}

void HookChain::error(const Run& run) {
  tell([&](Hooks& hook) { hook.error(run); });
}

void HookChain::cancel(const Run& run) {
  tell([&](Hooks& hook) { hook.cancel(run); });
}

void HookChain::tire(const Run& run, const Caller& caller) {
  tell([&](Hooks& hook) { hook.tire(run, caller); });
}

void HookChain::decline(const CommandView& command, const Place& place, std::string_view reason) {
  tell([&](Hooks& hook) { hook.decline(command, place, reason); });
}

}  // namespace reduce
