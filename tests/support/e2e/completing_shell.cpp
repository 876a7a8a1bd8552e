#include "support/e2e/completing_shell.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/pty.hpp"
#include "support/e2e/shells.hpp"
#include "support/e2e/shipped.hpp"

namespace e2e {
namespace {

constexpr const char* kBashCompletion = "/usr/share/bash-completion/bash_completion";
constexpr const char* kPrompt = "ready> ";

Words candidates_in(const std::string& text) {
  Words found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('\t'));
    if (line.starts_with("--")) line.erase(0, line.find('=') + 1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '/')) line.pop_back();
    if (!line.empty()) found.push_back(line);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

/// The sandbox's surroundings with our programs and `tool` in PATH.
Spawn in_sandbox(const Sandbox& box, const Words& argv) {
  const std::string bin = std::filesystem::path(Sandbox::program("reduce-run")).parent_path();
  Spawn spawn = box.direct(argv);
  spawn.set("PATH", box.path("bin") + ":" + bin + ":/usr/bin:/bin");
  spawn.set("INPUTRC", "/dev/null").set("ZDOTDIR", box.path("zsh"));
  for (const char* name : {"CONFIG", "DATA", "CACHE", "STATE"}) {
    spawn.set("XDG_" + std::string(name) + "_HOME", box.path("xdg"));
  }
  return spawn;
}

/// A shell at a terminal, which writes what it offers to the file `offered` whenever Tab is typed.
class ShellAtTerminal : public CompletingShell {
 public:
  ShellAtTerminal(Sandbox& box, const Words& argv)
      : box_(box), pty_(200, 200), shell_(pty_.on(in_sandbox(box, argv).set("TERM", "dumb"))) {
    await([&] { return pty_.shows(kPrompt); });
  }

  Words complete(const std::string& line) override {
    std::filesystem::remove(box_.path("offered"));
    // Ctrl-U: what was typed before is gone.
    pty_.type("\x15" + line + "\t");
    await([&] { return box_.exists("offered"); });
    return candidates_in(box_.read("offered"));
  }

  std::string noise() override {
    std::string text;
    for (const char* word : {"reduce-run: ", "not found", "rror", "ermission"}) {
      if (pty_.shows(word)) text = pty_.shown();
    }
    return text;
  }

 private:
  void await(const std::function<bool()>& condition) {
    bool came = false;
    const bool decided = eventually([&] { return (came = condition()) || !shell_.is_running(); });
    INFO(pty_.shown());
    REQUIRE(decided);
    REQUIRE(came);
  }

  Sandbox& box_;
  Pty pty_;
  Started shell_;
};

constexpr const char* kBashSetup = R"(
PS1='ready> '
unset HISTFILE
_tool() { COMPREPLY=($(compgen -W 'alpha beta' -- "$2")); }
complete -F _tool tool
offer() {
  "$by" "$@"
  [[ " ${FUNCNAME[*]:1} " != *' offer '* ]] || return 0
  printf '%s\n' "${COMPREPLY[@]}" >offered.new
  mv offered.new offered
}
offer_reduce_run() { by=_reduce_run; offer "$@"; }
offer_reduced() { by=_reduced; offer "$@"; }
complete -F offer_reduce_run reduce-run
complete -F offer_reduced reduced
)";

std::unique_ptr<CompletingShell> start_bash(Sandbox& box, const std::string& path,
                                            bool with_package) {
  std::string setup = with_package ? std::string("source ") + kBashCompletion + "\n" : "";
  setup += "source " + shipped_path("reduce-run.bash") + "\n";
  setup += "source " + shipped_path("reduced.bash") + "\n" + kBashSetup;
  box.write("setup.bash", setup);
  return std::make_unique<ShellAtTerminal>(
      box, Words{path, "--noprofile", "--rcfile", box.path("setup.bash"), "-i"});
}

/// zshcompwid(1): with -A, -D or -O compadd only tells what matches.
constexpr const char* kZshSetup = R"(
PS1='ready> '
unsetopt beep
autoload -U compinit
compinit -u -d $ZDOTDIR/dump
_tool() { compadd alpha beta }
compdef _tool tool
compadd() {
  local -a matching
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    builtin compadd -A matching "$@"
    (( $#matching )) && print -rl -- $matching >>offered.new
  fi
  builtin compadd "$@"
}
offer() {
  : >offered.new
  zle complete-word
  mv offered.new offered
}
zle -N offer
bindkey '^I' offer
bindkey '^U' kill-whole-line
)";

std::unique_ptr<CompletingShell> start_zsh(Sandbox& box, const std::string& path) {
  const std::filesystem::path folder = box.path("zsh");
  std::filesystem::create_directory(folder);
  std::filesystem::create_symlink(shipped_path("_reduce-run"), folder / "_reduce-run");
  std::filesystem::create_symlink(shipped_path("_reduced"), folder / "_reduced");
  box.write("zsh/.zshrc", std::string("fpath=($ZDOTDIR $fpath)\n") + kZshSetup);
  return std::make_unique<ShellAtTerminal>(box, Words{path, "-o", "noglobalrcs", "-i"});
}

class Fish : public CompletingShell {
 public:
  Fish(Sandbox& box, std::string path) : box_(box), path_(std::move(path)) {}

  Words complete(const std::string& line) override {
    const std::string script = "source " + shipped_path("reduce-run.fish") + "; source " +
                               shipped_path("reduced.fish") +
                               "; complete -c tool -xa 'alpha beta'; complete -C $argv[1]";
    const Words argv = {path_, "--no-config", "-c", script, line};
    const Result result = Started(in_sandbox(box_, argv)).finish();
    noise_ += result.err;
    return candidates_in(result.out);
  }
  std::string noise() override { return noise_; }

 private:
  Sandbox& box_;
  const std::string path_;
  std::string noise_;
};

bool has_package() {
  if (::access(kBashCompletion, R_OK) == 0) return true;
  WARN("bash-completion is not installed: not tested with it");
  return false;
}

}  // namespace

std::unique_ptr<CompletingShell> CompletingShell::start(Sandbox& box, const std::string& kind) {
  const std::string path = installed_shell(kind.substr(0, kind.find(' ')));
  if (path.empty() || (kind == "bash" && !has_package())) return nullptr;
  std::filesystem::create_directory(box.path("bin"));
  box.write("bin/tool", "#!/bin/sh\n", 0700);
  if (kind == "fish") return std::make_unique<Fish>(box, path);
  if (kind == "zsh") return start_zsh(box, path);
  return start_bash(box, path, kind == "bash");
}

}  // namespace e2e
