#include "command/command.hpp"

#include <cstring>
#include <utility>

namespace reduce {

Command::Command(const CommandView& view, Place place) : view_(view), place_(std::move(place)) {
  const std::string_view sources[] = {view.args.bytes(), view.env.bytes(), view.options.ident,
                                      view.options.scope};
  std::size_t total = 0;
  for (const std::string_view source : sources) total += source.size();
  bytes_ = std::make_unique_for_overwrite<char[]>(total);
  char* at = bytes_.get();
  const auto keep = [&at](std::string_view source) {
    const std::string_view kept(at, source.size());
    if (!source.empty()) std::memcpy(at, source.data(), source.size());
    at += source.size();
    return kept;
  };
  view_.args = PackedStrings(keep(view.args.bytes()));
  view_.env = PackedStrings(keep(view.env.bytes()));
  view_.options.ident = keep(view.options.ident);
  view_.options.scope = keep(view.options.scope);
}

}  // namespace reduce
