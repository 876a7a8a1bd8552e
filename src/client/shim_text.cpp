#include "client/shim_text.hpp"

#include <string_view>

#include "client/depth.hpp"
#include "command/shim.hpp"

namespace reduce {
namespace {

/// Of the text below. A shim of another version is told by --doctor to be written again.
constexpr std::string_view kVersion = "2";

/// The names of its variables are odd, because one that the caller has exported would stay so.
/// REDUCE_SHIM is `BACK:PID:SIZE:CALL`: how often the call came back, a dot each; its process; how
/// long REDUCE_CHAIN was. The sixth word of a process's stat file is its session (proc(5)).
constexpr std::string_view kFunctions = R"(
# Becomes the program itself: the first one in PATH behind a shim, else the first that is no shim;
# for each time that the call came back the next one, as long as there is one.
_reduce_real() {
  for _reduce_part in behind before; do
    _reduce_find "$_reduce_part"
    [ -z "$_reduce_found" ] || exec "$_reduce_found" "$@"
  done
  echo "PROGRAM: not found" >&2
  exit 127
}

_reduce_find() {
  _reduce_found= _reduce_place=before _reduce_left=$_reduce_back _reduce_path=$PATH:
  while [ -n "$_reduce_path" ]; do
    _reduce_file=${_reduce_path%%:*}
    _reduce_path=${_reduce_path#*:}
    _reduce_file=${_reduce_file:-.}/PROGRAM
    if ! { [ -f "$_reduce_file" ] && [ -x "$_reduce_file" ]; }; then
      continue
    elif _reduce_is_shim; then
      _reduce_place=behind
    elif [ "$_reduce_place" = "$1" ]; then
      _reduce_found=$_reduce_file
      [ -n "$_reduce_left" ] || return 0
      _reduce_left=${_reduce_left#.}
    fi
  done
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

# Whether the program has handed the call that REDUCE_SHIM tells of back to its own name: in the
# same process, which a run's process is too, or with the same words in the same folder.
_reduce_came_back() {
  _reduce_before=${_reduce_rest%%:*}
  _reduce_rest=${_reduce_rest#*:}
  _reduce_pid=${_reduce_rest%%:*}
  _reduce_rest=${_reduce_rest#*:}
  _reduce_size=${_reduce_rest%%:*}
  _reduce_rest=${_reduce_rest#*:}
  case $_reduce_rest in
    "$_reduce_call") ;;
    PROGRAM/*) [ "$_reduce_pid" = $$ ] || _reduce_is_run || return 1 ;;
    *) return 1 ;;
  esac
  _reduce_back=$_reduce_before.
}

# Whether this was started as the run of that call: a run's process leads a session.
_reduce_is_run() {
  _reduce_outer=${_reduce_runs%,*} _reduce_session=
  [ -n "$_reduce_runs" ] && [ ${#_reduce_outer} = "$_reduce_size" ] || return 1
  { read -r _ _ _ _ _ _reduce_session _ </proc/$$/stat; } 2>/dev/null || :
  [ "$_reduce_session" = $$ ]
}

REDUCE_DEPTH=${REDUCE_DEPTH-}.
if [ ${#REDUCE_DEPTH} -gt DEEPEST ]; then
  echo "reduce-run: TOO_DEEP" >&2
  exit 125
fi
_reduce_runs=${REDUCE_CHAIN:+,$REDUCE_CHAIN} _reduce_rest=${REDUCE_SHIM-} _reduce_back=
_reduce_call="PROGRAM/$PWD $*"
[ ${#_reduce_call} -le 4000 ] || _reduce_call=PROGRAM/${#_reduce_call}
_reduce_came_back || :
REDUCE_SHIM=$_reduce_back:$$:${#_reduce_runs}:$_reduce_call
export REDUCE_DEPTH REDUCE_SHIM
[ -z "$_reduce_back" ] || _reduce_real "$@"

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
  const std::string bound = replaced(kFunctions, "DEEPEST", std::to_string(kDeepest));
  const std::string functions = replaced(bound, "TOO_DEEP", too_deep(program.name));
  std::string text = head() + replaced(functions, "PROGRAM", program.name);
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
