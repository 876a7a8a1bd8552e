// Programs in PATH that hand a call on to another of their name, such as ccache, beside shims.

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/shells.hpp"

using namespace e2e;

namespace {

/// A sandbox with the puppet in folder `real`, a wrapper of it in folder `wrap`, a shim of it in
/// folder `shims`, all called `tool`. The shims' own reduce-run is the link in folder `bin`.
class World {
 public:
  explicit World(const std::string& mode) : mode_(mode) {
    make_programs(box, "real", {"tool"});
    make_programs(box, "wrap", {});
    make_programs(box, "bin", {});
    add_reduce_run(box, "bin");
    make_shims("shims");
    if (mode == "removed") std::filesystem::remove(box.path("bin/reduce-run"));
    if (mode == "no daemon") {
      // Without one beside it.
      std::filesystem::remove(box.path("bin/reduce-run"));
      std::filesystem::copy_file(Sandbox::program("reduce-run"), box.path("bin/reduce-run"));
    }
  }

  void make_shims(const std::string& folder) const {
    Spawn spawn = box.call({"--shims", box.path(folder), "tool"});
    REQUIRE(Started(spawn.set("PATH", box.path("bin") + ":/usr/bin:/bin")).finish().code == 0);
  }
  void put_program(const std::string& path, const std::string& text) const {
    box.write(path, "#!/bin/sh\n" + text);
    REQUIRE(::chmod(box.path(path).c_str(), 0755) == 0);
  }
  /// It looks for another file of its name than itself, from the beginning of PATH or behind
  /// itself, and goes on with it in `found`.
  void put_wrapper(const std::string& from, const std::string& then) const {
    put_program("wrap/tool", "echo >>" + box.path("wrapped") +
                                 "\nown=$(readlink -f \"$0\")\nbehind=\nIFS=:\n"
                                 "for folder in $PATH; do\n  found=$folder/tool\n"
                                 "  [ -x \"$found\" ] || continue\n"
                                 "  if [ \"$(readlink -f \"$found\")\" = \"$own\" ]; then\n"
                                 "    behind=yes\n    continue\n  fi\n" +
                                 (from == "next" ? "  [ -n \"$behind\" ] || continue\n" : "") +
                                 "  unset IFS\n" + then + "\n  exit\ndone\n");
  }

  Spawn call(const Words& words, const Words& folders) const {
    std::string path;
    for (const std::string& folder : folders) path += box.path(folder) + ":";
    Spawn spawn = box.direct(with({"/usr/bin/env"}, words));
    spawn.set("PATH", path + "/usr/bin:/bin");
    if (mode_ == "off") spawn.set("REDUCE_OFF", "1");
    return spawn;
  }
  Result run(const Words& words, const Words& folders) const {
    Result result = Started(call(words, folders)).finish();
    // What is said before each.
    if (result.err.starts_with("reduce-run: cannot start a daemon")) result.err.clear();
    return result;
  }
  Words logged(const Words& steps) const { return with({"tool", "log", box.path("runs")}, steps); }
  std::ptrdiff_t wrapped() const { return std::ranges::count(box.read("wrapped"), '\n'); }

  Sandbox box;

 private:
  std::string mode_;
};

const Words kModes = {"shared", "off", "no daemon", "removed"};

}  // namespace

TEST_CASE("A wrapper and the program are executed once each, wherever the shim is") {
  const std::string mode = kModes.at(GENERATE(range(0U, 4U)));
  const std::string from = GENERATE("next", "first");
  const std::string then =
      GENERATE("exec \"$found\" \"$@\"", "\"$found\" \"$@\"", "exec \"$found\" out added- \"$@\"");
  const Words folders = GENERATE(Words{"wrap", "shims", "real"}, Words{"shims", "wrap", "real"},
                                 Words{"shims", "wrap", "shims", "real"});
  CAPTURE(mode, from, then, folders);
  World world(mode);
  world.put_wrapper(from, then);
  const std::string added = then.find("added") == std::string::npos ? "" : "added-";
  CHECK(world.run(world.logged({"out", "x"}), folders) == exited(0, added + "x"));
  CHECK(world.box.executions() == 1);
  CHECK(world.wrapped() == 1);
}

TEST_CASE("A wrapper may call the program with other words first, as ccache does") {
  const std::string mode = kModes.at(GENERATE(range(0U, 4U)));
  CAPTURE(mode);
  World world(mode);
  world.put_wrapper("first",
                    "[ -n \"$OFF\" ] || OFF=1 \"$found\" out first-\nOFF=1 \"$found\" \"$@\"");
  CHECK(world.run({"tool", "out", "x"}, {"shims", "wrap", "real"}) == exited(0, "first-x"));
  CHECK(world.run({"tool", "out", "x"}, {"wrap", "shims", "real"}) == exited(0, "first-x"));
}

TEST_CASE("Behind a wrapper there may be another one") {
  const std::string mode = kModes.at(GENERATE(range(0U, 4U)));
  CAPTURE(mode);
  World world(mode);
  world.put_wrapper("first", "exec \"$found\" out 1 \"$@\"");
  make_programs(world.box, "more", {});
  world.put_program("more/tool", "exec " + world.box.path("shims/tool") + " out 2 \"$@\"\n");
  const Words folders = {"shims", "wrap", "more", "real"};
  CHECK(world.run({"tool", "out", "x"}, folders) == exited(0, "21x"));
}

TEST_CASE("A program that calls itself with other words finds itself, not the next of its name") {
  const std::string mode = kModes.at(GENERATE(range(0U, 4U)));
  CAPTURE(mode);
  World world(mode);
  world.put_program("wrap/tool", "[ \"$1\" = 0 ] && echo end || tool $(($1 - 1))\n");
  CHECK(world.run({"tool", "3"}, {"shims", "wrap", "shims", "real"}) == exited(0, "end\n"));
}

TEST_CASE("By its name a call meets the program behind the shims too, and shares with it") {
  World world("shared");
  world.put_wrapper("next", "exec \"$found\" \"$@\"");
  const Words words = world.logged({"out", "x", "wait-for", world.box.path("gate")});
  const Words folders = {"wrap", "shims", "real"};
  Started by_wrapper(world.call(words, folders));
  world.box.await_callers(1);
  Spawn spawn = world.box.call(words);
  Started by_name(spawn.set("PATH", world.call({}, folders).env.back().substr(5)));
  world.box.await_callers(2);
  world.box.touch("gate");
  CHECK(by_wrapper.finish() == exited(0, "x"));
  CHECK(by_name.finish() == exited(0, "x"));
  CHECK(world.box.executions() == 1);
}

TEST_CASE("Calls that call themselves without end are ended by one line that names PATH") {
  const std::string mode = kModes.at(GENERATE(range(0U, 4U)));
  CAPTURE(mode);
  World world(mode);
  SECTION("a wrapper that adds a word each time, and lives on") {
    world.put_wrapper("first", "\"$found\" more \"$@\"");
  }
  SECTION("a script that calls reduce-run by its own name") {
    // Without reduce-run, or as if it were not there, this is a program that calls itself.
    if (mode == "removed" || mode == "off") return;
    world.put_program("wrap/tool", "exec " + world.box.path("bin/reduce-run") + " tool \"$@\"\n");
  }
  Spawn spawn = world.call({"tool", "out", "x"}, {"shims", "wrap", "real"});
  Result result = Started(spawn).finish();
  const auto last = result.err.rfind('\n', result.err.size() - 2) + 1;
  const std::string line = result.err.substr(last == std::string::npos ? 0 : last);
  if (mode != "no daemon") CHECK(result.err == line);
  CHECK(result.code == 125);
  CHECK(is_own_line(line));
  CHECK(line.find("PATH") != std::string::npos);
}
