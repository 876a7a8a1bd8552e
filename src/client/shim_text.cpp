#include "client/shim_text.hpp"

#include <string_view>

#include "command/shim.hpp"

namespace reduce {
namespace {

/// Of the text below. A shim of another version is told by --doctor to be written again.
constexpr std::string_view kVersion = "1";

/// The names of its variables are odd, because one that the caller has exported would stay so.
constexpr std::string_view kFunctions = R"(
# Becomes the program itself: the first one in PATH that is no shim.
_reduce_real() {
  _reduce_path=$PATH:
  while [ -n "$_reduce_path" ]; do
    _reduce_file=${_reduce_path%%:*}
    _reduce_path=${_reduce_path#*:}
    _reduce_file=${_reduce_file:-.}/PROGRAM
    if [ -f "$_reduce_file" ] && [ -x "$_reduce_file" ] && ! _reduce_is_shim; then
      exec "$_reduce_file" "$@"
    fi
  done
  echo "PROGRAM: not found" >&2
  exit 127
}

_reduce_is_shim() {
  _reduce_line=
  { read -r _reduce_line && [ "$_reduce_line" = '#!/bin/sh' ] && read -r _reduce_line; } \
    2>/dev/null <"$_reduce_file" || :
  case $_reduce_line in
    '# reduce-run shim '*) return 0 ;;
  esac
  return 1
}

)";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (;;) {
    const auto found = text.find(from);
    result += text.substr(0, found);
    if (found == std::string_view::npos) return result;
    result += to;
    text.remove_prefix(found + from.size());
  }
}

std::string head() {
  return std::string(kShimHead) + std::string(kVersion) +
         ": made by reduce-run --shims, which may replace it.\n";
}

std::string own_call(const SharedProgram& program, const std::string& reduce_run) {
  const std::string path = posix_quoted(reduce_run);
  return "if [ -f " + path + " ] && [ -x " + path + " ]; then\n  exec " + path + " " +
         program.name + " \"$@\"\nfi\n";
}

}  // namespace

std::string shim_text(const SharedProgram& program, const std::string& reduce_run) {
  std::string text = head() + replaced(kFunctions, "PROGRAM", program.name);
  if (const std::string condition = posix_condition(program); !condition.empty()) {
    text += "if ! { " + condition + "; }; then\n  _reduce_real \"$@\"\nfi\n";
  }
  text += own_call(program, reduce_run);
  text += "if command -v reduce-run >/dev/null 2>&1; then\n  exec reduce-run " + program.name +
          " \"$@\"\nfi\n_reduce_real \"$@\"\n";
  return text;
}

bool is_current_shim(const std::string& text, const std::string& reduce_run) {
  return text.starts_with(head()) &&
         text.find("\n  exec " + posix_quoted(reduce_run) + " ") != std::string::npos;
}

}  // namespace reduce
