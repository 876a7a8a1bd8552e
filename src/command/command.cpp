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

std::string_view program_name(const CommandView& command) {
  const std::string_view path = *command.args.begin();
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos || slash + 1 == path.size() ? path
                                                                     : path.substr(slash + 1);
}

std::vector<std::string_view> shown_arguments(const CommandView& command) {
  if (command.options.is_private) return {program_name(command)};
  std::vector<std::string_view> shown;
  for (const std::string_view argument : command.args) shown.push_back(argument);
  return shown;
}

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
