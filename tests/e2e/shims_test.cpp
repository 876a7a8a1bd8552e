// Shims: scripts that put reduce-run in front of a program for callers that are no shell.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/shells.hpp"

using namespace e2e;

namespace {

/// What `tool print-env REDUCE_CHAIN` prints where nobody is between.
constexpr const char* kDirect = "(unset)\n";
const Words kProbe = {"tool", "print-env", "REDUCE_CHAIN"};

/// A sandbox with the puppet, called `tool` and `other`, in folder `real`, and shims of both in
/// folder `shims`. The shims' own reduce-run is the link in folder `bin`.
class World {
 public:
  World() {
    make_programs(box, "real", {"tool", "other"});
    make_programs(box, "bin", {});
    add_reduce_run(box, "bin");
    REQUIRE(make("shims", {"tool", "other"}).code == 0);
  }

  Result make(const std::string& folder, const Words& commands) const {
    Spawn spawn = box.call(with({"--shims", box.path(folder)}, commands));
    return Started(spawn.set("PATH", box.path("bin") + ":/usr/bin:/bin")).finish();
  }
  std::string path() const { return box.path("shims") + ":" + box.path("real"); }

  /// A caller that goes by PATH, as execvp(3).
  Spawn call(const Words& words) const { return call(words, path()); }
  Spawn call(const Words& words, const std::string& folders) const {
    return box.direct(with({"/usr/bin/env"}, words)).set("PATH", folders + ":/usr/bin:/bin");
  }
  Result run(const Words& words) const { return Started(call(words)).finish(); }
  Result run(const Words& words, const std::string& folders) const {
    return Started(call(words, folders)).finish();
  }

  /// Adds to the file `runs` once it is executed.
  Words logged(const Words& steps) const { return with({"tool", "log", box.path("runs")}, steps); }
  /// The package was removed.
  void remove_reduce_run() const { std::filesystem::remove(box.path("bin/reduce-run")); }

  Sandbox box;
};

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

Words entries_of(const std::string& folder) {
  Words names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

Words zero_separated(const std::string& text) {
  Words words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, '\0');) words.push_back(word);
  return words;
}

}  // namespace

TEST_CASE("Callers by a shim and by reduce-run with the program's name share one run") {
  World world;
  const Words words = world.logged({"out", "it", "wait-for", world.box.path("gate"), "exit", "7"});
  Started by_shim(world.call(words));
  world.box.await_callers(1);
  Started by_path(
      world.call(with({world.box.path("shims/tool")}, {words.begin() + 1, words.end()})));
  Spawn named = world.box.call(words);
  named.set("PATH", world.call({}).env.back().substr(5));
  Started by_name(named);
  world.box.await_callers(3);
  world.box.touch("gate");
  CHECK(by_shim.finish() == exited(7, "it"));
  CHECK(by_path.finish() == exited(7, "it"));
  CHECK(by_name.finish() == exited(7, "it"));
  CHECK(world.box.executions() == 1);
  CHECK(world.box.stats().at("executed") == 1);
  CHECK(world.box.stats().at("reduced") == 2);
}

TEST_CASE("A shim hands on arguments byte for byte, the end, and what stdin is") {
  World world;
  const bool is_there = GENERATE(true, false);
  if (!is_there) world.remove_reduce_run();
  CAPTURE(is_there);
  const Words odd = {"",  " ",  "a b",         "it's \"q\"", "$HOME `x` \\",
                     "*", "-n", "new\nline\n", "\xff\xfe",   "--",
                     "~", ""};
  CHECK(zero_separated(world.run(with({"tool", "print-args"}, odd)).out) == odd);
  CHECK(world.run({"tool", "err", "e", "out", "o", "exit", "9"}) == exited(9, "o", "e"));
  CHECK(world.run({"tool", "kill", "TERM"}) == signaled(SIGTERM));
  CHECK(world.run({"tool"}) == exited(0));
  world.box.write("input", "content");
  const Result read = Started(world.call({"sh", "-c", "tool print-stdin <input"})).finish();
  CHECK(read == exited(0, "content"));
}

TEST_CASE("A shim never comes back to itself, however often it is in PATH") {
  World world;
  REQUIRE(world.make("more", {"tool"}).code == 0);
  REQUIRE(::symlink("shims", world.box.path("link").c_str()) == 0);
  const std::string shims = world.box.path("shims"), more = world.box.path("more");
  const std::string real = world.box.path("real"), link = world.box.path("link");
  const Words all = {shims + ":" + real,
                     shims + ":" + shims + ":" + real,
                     shims + "/:" + shims + "//:" + real,
                     shims + ":" + link + ":" + real,
                     shims + ":" + more + ":" + real,
                     more + ":" + shims + ":" + more + ":" + real,
                     shims + ":" + real + ":" + shims,
                     "shims:real",
                     "./shims:../nothing:real:shims",
                     "/nothing::" + shims + ":real:",
                     "shims:link:more::real"};
  const std::string folders = all.at(GENERATE(range(0U, 11U)));
  CAPTURE(folders);
  const std::string mode = GENERATE("shared", "off", "removed");
  if (mode == "removed") world.remove_reduce_run();
  for (const std::string& first :
       {std::string("tool"), shims + "/tool", std::string("shims/tool")}) {
    Spawn spawn = world.call({first, "log", world.box.path("runs"), "out", "x"}, folders);
    if (mode == "off") spawn.set("REDUCE_OFF", "1");
    CHECK(Started(spawn).finish() == exited(0, "x"));
  }
  Spawn in_folder = world.call({"tool", "log", world.box.path("runs"), "out", "x"}, ":" + real);
  in_folder.cwd = shims;
  CHECK(Started(in_folder).finish() == exited(0, "x"));
  CHECK(world.box.executions() == 4);
}

TEST_CASE("Where there is no program behind the shims, that is the end, with 127 and one line") {
  World world;
  REQUIRE(world.make("more", {"tool"}).code == 0);
  const std::string mode = GENERATE("shared", "off", "no daemon", "removed");
  CAPTURE(mode);
  if (mode == "removed") world.remove_reduce_run();
  Spawn spawn =
      world.call({"tool", "out", "x"}, world.box.path("shims") + ":" + world.box.path("more"));
  if (mode == "off") spawn.set("REDUCE_OFF", "1");
  if (mode == "no daemon") spawn.set("REDUCE_SOCKET", world.box.path("no/s"));
  const Result result = Started(spawn).finish();
  CHECK(result.out.empty());
  CHECK(std::ranges::count(result.err, '\n') == 1);
  CHECK(result.code == (mode == "no daemon" ? 125 : 127));
}

TEST_CASE("A file that cannot be executed is no program behind a shim") {
  World world;
  std::filesystem::create_directories(world.box.path("a/tool"));
  std::filesystem::create_directories(world.box.path("b"));
  world.box.write("b/tool", "no program", 0644);
  if (GENERATE(true, false)) world.remove_reduce_run();
  const std::string folders = world.box.path("shims") + ":" + world.box.path("a") + ":" +
                              world.box.path("b") + ":" + world.box.path("real");
  CHECK(world.run({"tool", "out", "x"}, folders) == exited(0, "x"));
}

TEST_CASE("Programs of every kind are found behind a shim") {
  World world;
  if (GENERATE(true, false)) world.remove_reduce_run();
  std::filesystem::remove(world.box.path("real/tool"));
  const auto [text, mode] = GENERATE(std::pair<std::string, int>("#!/bin/sh\necho it $1\n", 0755),
                                     std::pair<std::string, int>("echo it $1\n", 0755),
                                     std::pair<std::string, int>("#!/bin/sh\n#\necho it $1", 0755),
                                     std::pair<std::string, int>("\n\necho it $1\n", 0755));
  world.box.write("real/tool", text, mode);
  ::chmod(world.box.path("real/tool").c_str(), 0755);
  CHECK(world.run({"tool", "x"}) == exited(0, "it x\n"));
}

TEST_CASE("Without reduce-run, and with REDUCE_OFF, the shim becomes the program itself") {
  if (!can_be_gone()) return;
  World world;
  const bool is_off = GENERATE(true, false);
  if (!is_off) world.remove_reduce_run();
  Spawn spawn = world.call(world.logged({"print-env", "REDUCE_CHAIN"}));
  if (is_off) spawn.set("REDUCE_OFF", "1");
  Started started(spawn);
  CHECK(started.finish() == exited(0, kDirect));
  // No fork on the way: the caller's own child is the program.
  CHECK(world.box.executed() == std::vector<pid_t>{started.pid()});
  CHECK(world.box.daemons().empty());
}

TEST_CASE("A shim whose own reduce-run is gone takes the one in PATH") {
  if (!can_be_gone()) return;
  World world;
  world.remove_reduce_run();
  make_programs(world.box, "new", {});
  add_reduce_run(world.box, "new");
  CHECK(world.run(kProbe, world.path() + ":" + world.box.path("new")).out != kDirect);
  CHECK(world.run(kProbe).out == kDirect);
}

TEST_CASE("A shim changes no variable that counts of those that the program gets") {
  if (!can_be_gone()) return;
  World world;
  world.remove_reduce_run();
  Spawn spawn = world.call({"tool", "print-environ"});
  spawn.set("A", "a b").set("program", "x").set("line", "y").set("file", "z");
  Words got = zero_separated(Started(spawn).finish().out);
  // dash(1) sets PWD; neither that nor what shims tell one another counts.
  std::erase_if(got, [](const std::string& variable) {
    return variable.starts_with("PWD=") || variable.starts_with("REDUCE_SHIM=") ||
           variable.starts_with("REDUCE_DEPTH=");
  });
  Words expected = spawn.env;
  std::ranges::sort(got);
  std::ranges::sort(expected);
  CHECK(got == expected);
}

TEST_CASE("What runs in a shared run may call shims itself, and they share") {
  World world;
  world.box.write("real/outer", "#!/bin/sh\necho $1; exec other \"$2\" \"$3\" wait-for \"$4\"\n");
  ::chmod(world.box.path("real/outer").c_str(), 0755);
  REQUIRE(world.make("shims", {"outer"}).code == 0);
  const Words rest = {"log", world.box.path("runs"), world.box.path("gate")};
  Started one(world.call(with({"outer", "1"}, rest)));
  Started other(world.call(with({"outer", "2"}, rest)));
  world.box.await_callers(4);
  world.box.touch("gate");
  CHECK(one.finish() == exited(0, "1\n"));
  CHECK(other.finish() == exited(0, "2\n"));
  CHECK(world.box.executions() == 1);
  CHECK(world.box.stats().at("executed") == 3);
  CHECK(world.box.stats().at("reduced") == 1);
}

TEST_CASE("A program that calls itself by its shim gets a run of its own") {
  World world;
  world.box.write("real/outer", "#!/bin/sh\n[ $1 = 0 ] && echo end || outer $(($1 - 1))\n");
  ::chmod(world.box.path("real/outer").c_str(), 0755);
  REQUIRE(world.make("shims", {"outer"}).code == 0);
  CHECK(world.run({"outer", "3"}) == exited(0, "end\n"));
  CHECK(world.box.stats().at("executed") == 4);
  // The same call within its own run waits for nobody.
  world.box.write("real/outer", "#!/bin/sh\n[ -e done ] && echo end || { : >done; outer; }\n");
  CHECK(world.run({"outer"}) == exited(0, "end\n"));
}

TEST_CASE("Options of a call by name hold for the program behind the shim") {
  World world;
  Spawn spawn = world.box.call(with({"--ident", "x"}, world.logged({"print-env", "REDUCE_CHAIN"})));
  spawn.set("PATH", world.path() + ":/usr/bin:/bin");
  CHECK(Started(spawn).finish().code == 0);
  CHECK(world.box.executions() == 1);
  CHECK(world.box.stats().at("total") == 1);
}

TEST_CASE("Rules of the config file meet a shim's calls by the program's name") {
  World world;
  std::filesystem::create_directories(world.box.path(".config/reduce"));
  world.box.write(".config/reduce/config.json",
                  R"({"rules": [{"match": ["tool", "wait-for", "*"], "timeout": "50ms"}]})");
  CHECK(world.run({"tool", "wait-for", world.box.path("gate")}).code == 124);
  CHECK(world.run({"tool", "out", "x"}) == exited(0, "x"));
}

TEST_CASE("Of a command of several words a shim shares only calls that begin with them") {
  World world;
  REQUIRE(world.make("shims", {"tool print-env REDUCE_CHAIN", "tool out it*"}).code == 0);
  CHECK(world.run(kProbe).out != kDirect);
  CHECK(world.run({"tool", "out", "it*"}) == exited(0, "it*"));
  CHECK(world.box.stats().at("total") == 2);
  CHECK(world.run({"tool", "err", "", "print-env", "REDUCE_CHAIN"}) == exited(0, kDirect));
  CHECK(world.run({"tool", "out", "it"}) == exited(0, "it"));
  CHECK(world.run({"tool"}) == exited(0));
  CHECK(world.box.stats().at("total") == 2);
}

TEST_CASE("A shim is for any sh, under any settings that the environment brings") {
  const std::string shell = GENERATE("bash", "zsh", "dash", "busybox");
  if (installed_shell(shell).empty()) return;
  World world;
  if (GENERATE(true, false)) world.remove_reduce_run();
  REQUIRE(world.make("shims", {"tool out x", "tool print-args"}).code == 0);
  Words words = {installed_shell(shell)};
  if (shell == "busybox") words.emplace_back("sh");
  if (shell == "zsh") words = with(words, {"--emulate", "sh"});
  if (shell == "bash") words.emplace_back("--posix");
  words.push_back(world.box.path("shims/tool"));
  for (const char* settings : {"", "errexit:nounset:noglob:noclobber"}) {
    Spawn shared = world.call(with(words, {"out", "x"}));
    Spawn direct = world.call(with(words, {"out", "y", "exit", "4"}));
    for (Spawn* spawn : {&shared, &direct}) {
      if (*settings != '\0') spawn->set("SHELLOPTS", settings);
    }
    CHECK(Started(shared).finish() == exited(0, "x"));
    CHECK(Started(direct).finish() == exited(4, "y"));
  }
  CHECK(zero_separated(
            Started(world.call(with(words, {"print-args", "", "a b\n", "\xff"}))).finish().out) ==
        Words{"", "a b\n", "\xff"});
}

TEST_CASE("Shims are written into a folder that is made, and written anew where they are") {
  World world;
  const Result made = world.make("new/folder/", {"tool", "other x", "other y"});
  CHECK(made.code == 0);
  CHECK(made.out ==
        world.box.path("new/folder/tool") + "\n" + world.box.path("new/folder/other") + "\n");
  CHECK(mode_of(world.box.path("new/folder")) == 0755);
  CHECK(mode_of(world.box.path("new/folder/tool")) == 0755);
  CHECK(entries_of(world.box.path("new/folder")) == Words{"other", "tool"});
  const std::string first = world.box.read("new/folder/other");
  CHECK(world.make("new/folder", {"other"}).code == 0);
  CHECK(world.box.read("new/folder/other") != first);
  CHECK(entries_of(world.box.path("new/folder")) == Words{"other", "tool"});
  CHECK(world.box.daemons().empty());
}

TEST_CASE("A file that is no shim is not replaced, and then nothing is written at all") {
  World world;
  std::filesystem::create_directories(world.box.path("mine/folder"));
  world.box.write("mine/script", "#!/bin/sh\n# reduce-run shim", 0755);
  world.box.write("mine/plain", "");
  REQUIRE(::symlink("../shims/tool", world.box.path("mine/link").c_str()) == 0);
  REQUIRE(::symlink("nothing", world.box.path("mine/dangling").c_str()) == 0);
  const Words before = entries_of(world.box.path("mine"));
  for (const char* name : {"script", "plain", "link", "dangling", "folder"}) {
    CAPTURE(name);
    const Result result = world.make("mine", {"tool", name});
    CHECK(result.code == 125);
    CHECK(result.out.empty());
    CHECK(is_own_line(result.err));
    CHECK(entries_of(world.box.path("mine")) == before);
  }
  CHECK(world.box.read("mine/script") == "#!/bin/sh\n# reduce-run shim");
}

TEST_CASE("What cannot be a shim or a folder is refused by one line") {
  World world;
  for (const char* name : {"", "/bin/ls", "-x", "a=b", "reduce-run", "reduced", "a;b", "a\nb", "*",
                           "..", "tool a\nb", "tool 'a b'", "tool $a"}) {
    CAPTURE(name);
    const Result result = world.make("other-folder", {"tool", name});
    CHECK(result.code == 125);
    CHECK(is_own_line(result.err));
    CHECK_FALSE(world.box.exists("other-folder"));
  }
  world.box.write("file", "");
  for (const Words& words : {Words{}, Words{"", "tool"}, Words{world.box.path("dir")},
                             Words{world.box.path("file"), "tool"}, Words{"/proc/x", "tool"}}) {
    const Result result = world.box.run(with({"--shims"}, words));
    INFO(result);
    CHECK(result.code == 125);
    CHECK(is_own_line(result.err));
  }
  CHECK_FALSE(world.box.exists("dir"));
}

TEST_CASE("Who is not met by PATH yet is told where the shim stands") {
  World world;
  const auto hint = [&](const std::string& folders) {
    Spawn spawn = world.box.call({"--shims", world.box.path("shims"), "tool", "other"});
    const Result made = Started(spawn.set("PATH", folders)).finish();
    CHECK(made.code == 0);
    return made.err;
  };
  const std::string shims = world.box.path("shims"), real = world.box.path("real");
  CHECK(hint(shims + ":" + real).empty());
  CHECK(hint(world.box.path("nothing") + ":" + shims + "/:" + real).empty());
  CHECK(hint(shims).empty());
  CHECK(is_own_line(hint(real)));
  CHECK(hint(real).find(shims + " is not in PATH") != std::string::npos);
  CHECK(hint(real + ":" + shims).find(real + "/tool comes before it") != std::string::npos);
  CHECK(hint(real).ends_with(": export PATH=\"" + shims + ":$PATH\"\n"));
}

TEST_CASE("A relative folder is told as an absolute one, and the line for PATH works") {
  World world;
  const std::string name = GENERATE("new", "./a b/../new", "$it's `new`");
  Spawn spawn = world.box.call({"--shims", name, "tool"});
  spawn.cwd = world.box.folder();
  const Result made = Started(spawn).finish();
  CHECK(made.code == 0);
  const std::string folder = world.box.path(name == "./a b/../new" ? "new" : name);
  CHECK(made.out == folder + "/tool\n");
  const std::string line = made.err.substr(made.err.find("export "));
  CHECK(Started(world.call({"sh", "-c", line + "command -v tool"})).finish() ==
        exited(0, folder + "/tool\n"));
}
