#include "command/command.hpp"

#include <cstring>
#include <utility>

namespace reduce {

namespace {

/// Every string that a view borrows, with what sets it anew.
template <class Visit>
void for_each_string(CommandView& view, Visit visit) {
  const auto packed = [&visit](PackedStrings& strings) {
    std::string_view bytes = strings.bytes();
    visit(bytes);
    strings = PackedStrings(bytes);
  };
  packed(view.args);
  packed(view.env);
  packed(view.options.env);
  packed(view.options.ignore_env);
  packed(view.options.files);
  visit(view.options.scope);
  visit(view.options.input_digest);
  if (view.options.ident) visit(*view.options.ident);
}

}  // namespace

Command::Command(const CommandView& view, Place place) : view_(view), place_(std::move(place)) {
  std::size_t total = 0;
  for_each_string(view_, [&total](std::string_view& bytes) { total += bytes.size(); });
  bytes_ = std::make_unique_for_overwrite<char[]>(total);
  char* at = bytes_.get();
  for_each_string(view_, [&at](std::string_view& bytes) {
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    bytes = std::string_view(at, bytes.size());
    at += bytes.size();
  });
}

}  // namespace reduce
