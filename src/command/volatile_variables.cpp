#include "command/volatile_variables.hpp"

#include <array>

namespace reduce {
namespace {

/// Globs whose only wildcard is a `*` at the end.
constexpr std::string_view kVolatile[] = {
    // shell state
    "_", "PWD", "OLDPWD", "SHLVL", "SHELLOPTS", "PS1", "COMP_WORDBREAKS", "BASH_FUNC_*", "__fish*",
    // terminal and session state
    "TMUX*", "STY", "WINDOWID", "COLUMNS", "LINES", "TERM_SESSION_ID", "ITERM_SESSION_ID",
    "KITTY_*", "WEZTERM_*", "ALACRITTY_*", "GPG_TTY", "SSH_AUTH_SOCK", "SSH_AGENT_PID",
    "SSH_ASKPASS", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY",
    "XAUTHORITY", "XDG_SESSION_*", "DBUS_SESSION_BUS_ADDRESS",
    // supervisors
    "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "NOTIFY_SOCKET", "LISTEN_*",
    // editors and agents
    "VSCODE_*", "CURSOR_TRACE_ID", "CLAUDE_CODE_SSE_PORT", "CODEX_THREAD_ID"};

/// Between which places the globs with each first byte are.
struct Range {
  unsigned char begin = 0, end = 0;
};
constexpr auto kRanges = [] {
  std::array<Range, 256> ranges{};
  for (std::size_t i = 0; i < std::size(kVolatile); ++i) {
    Range& range = ranges[static_cast<unsigned char>(kVolatile[i].front())];
    if (range.end == 0) range.begin = static_cast<unsigned char>(i);
    range.end = static_cast<unsigned char>(i + 1);
  }
  return ranges;
}();

constexpr std::string_view kOwnPrefix = "REDUCE_";

bool matches(std::string_view name, std::string_view glob) {
  if (glob.back() != '*') return name == glob;
  return name.starts_with(glob.substr(0, glob.size() - 1));
}

}  // namespace

bool is_volatile_variable(std::string_view name) {
  if (name.empty()) return false;
  if (is_own_variable(name)) return true;
  const Range range = kRanges[static_cast<unsigned char>(name.front())];
  for (std::size_t i = range.begin; i < range.end; ++i) {
    if (matches(name, kVolatile[i])) return true;
  }
  return false;
}

bool is_own_variable(std::string_view name) {
  return name.starts_with(kOwnPrefix);
}

}  // namespace reduce
