#include "command/volatile_variables.hpp"

#include <string>

#include "support/catch.hpp"

using reduce::is_volatile_variable;

TEST_CASE("variables of a session and its tools are volatile") {
  for (const char* name : {"_",
                           "PWD",
                           "OLDPWD",
                           "SHLVL",
                           "SHELLOPTS",
                           "PS1",
                           "COMP_WORDBREAKS",
                           "STY",
                           "WINDOWID",
                           "COLUMNS",
                           "LINES",
                           "TERM_SESSION_ID",
                           "ITERM_SESSION_ID",
                           "GPG_TTY",
                           "SSH_AUTH_SOCK",
                           "SSH_AGENT_PID",
                           "SSH_ASKPASS",
                           "SSH_CONNECTION",
                           "SSH_CLIENT",
                           "SSH_TTY",
                           "DISPLAY",
                           "WAYLAND_DISPLAY",
                           "XAUTHORITY",
                           "DBUS_SESSION_BUS_ADDRESS",
                           "INVOCATION_ID",
                           "JOURNAL_STREAM",
                           "SYSTEMD_EXEC_PID",
                           "NOTIFY_SOCKET",
                           "CURSOR_TRACE_ID",
                           "CLAUDE_CODE_SSE_PORT",
                           "CODEX_THREAD_ID"}) {
    INFO(name);
    CHECK(is_volatile_variable(name));
    // The whole name counts.
    const std::string whole(name);
    CHECK_FALSE(is_volatile_variable(whole + "X"));
    CHECK_FALSE(is_volatile_variable(whole + "_"));
    CHECK_FALSE(is_volatile_variable("X" + whole));
    if (whole.size() > 1) CHECK_FALSE(is_volatile_variable(whole.substr(0, whole.size() - 1)));
  }
}

TEST_CASE("families of variables are volatile as a whole") {
  for (const char* family : {"BASH_FUNC_", "__fish", "TMUX", "KITTY_", "WEZTERM_", "ALACRITTY_",
                             "XDG_SESSION_", "LISTEN_", "VSCODE_", "REDUCE_"}) {
    const std::string prefix(family);
    INFO(prefix);
    CHECK(is_volatile_variable(prefix));
    CHECK(is_volatile_variable(prefix + "X"));
    CHECK(is_volatile_variable(prefix + "_ANYTHING_else%%"));
    CHECK_FALSE(is_volatile_variable(prefix.substr(0, prefix.size() - 1)));
    CHECK_FALSE(is_volatile_variable("X" + prefix));
  }
}

TEST_CASE("variables that commands go by count") {
  for (const char* name : {"PATH",
                           "HOME",
                           "LANG",
                           "LC_ALL",
                           "LC_COLLATE",
                           "LD_PRELOAD",
                           "LD_LIBRARY_PATH",
                           "TZ",
                           "TERM",
                           "CI",
                           "NO_COLOR",
                           "USER",
                           "SHELL",
                           "EDITOR",
                           "CFLAGS",
                           "MAKEFLAGS",
                           "CARGO_MAKEFLAGS",
                           "GIT_DIR",
                           "SSH_ORIGINAL_COMMAND",
                           "XDG_RUNTIME_DIR",
                           "XDG_CONFIG_HOME",
                           "TMPDIR",
                           "PS2",
                           "PS10",
                           "_X",
                           "__X",
                           "DISPLAYX",
                           "XDISPLAY",
                           "BASH_ENV",
                           "KITTY",
                           "REDUCE",
                           "TERMINFO",
                           "fish",
                           "pwd",
                           "Display",
                           "",
                           "*",
                           "TM*"}) {
    INFO(name);
    CHECK_FALSE(is_volatile_variable(name));
  }
}
