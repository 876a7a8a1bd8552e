// Bad usage, and what is not the command's.

#include <sys/stat.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/e2e/one_line.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// Refused: one line, 125, and nothing was run or started.
void check_refused(const Sandbox& box, const Spawn& call) {
  const Result result = Started(call).finish();
  INFO(result);
  CHECK(result.code == 125);
  CHECK(result.out.empty());
  CHECK(is_own_line(result.err));
  CHECK(box.executions() == 0);
  CHECK(box.daemons().empty());
}

void check_refused(const Sandbox& box, const Words& words) {
  check_refused(box, box.call(words));
}

void check_socket_refused(const Sandbox& box, const std::string& socket) {
  check_refused(box, with({"--socket", socket}, box.puppet({"out", "x"})));
  Spawn by_environment = box.call(box.puppet({"out", "x"}));
  by_environment.set("REDUCE_SOCKET", socket);
  check_refused(box, by_environment);
  by_environment.argv = box.call({"--list"}).argv;
  check_refused(box, by_environment);
}

}  // namespace

TEST_CASE("An unknown option is refused") {
  Sandbox box;
  const Words options =
      GENERATE(Words{"--bogus"}, Words{"--bogus=1"}, Words{"-x"}, Words{"-v", "--bogus"},
               Words{"--ident", "a", "--bogus"}, Words{"--no-joi"}, Words{"--bo\ngus"});
  check_refused(box, with(options, box.puppet({"out", "x"})));
}

TEST_CASE("A missing command is refused") {
  Sandbox box;
  const Words words = GENERATE(Words{}, Words{"--"}, Words{"-v"}, Words{"--ident", "a"},
                               Words{"--ident", "a", "--"}, Words{"--no-join", "--"});
  check_refused(box, words);
}

TEST_CASE("An option without its value is refused") {
  Sandbox box;
  const Words words = GENERATE(Words{"--ident"}, Words{"--scope"}, Words{"-c"}, Words{"--socket"});
  check_refused(box, words);
}

TEST_CASE("An empty --ident is refused") {
  Sandbox box;
  check_refused(box, with({"--ident", ""}, box.puppet({"out", "x"})));
  check_refused(box, with({"--ident="}, box.puppet({"out", "x"})));
}

TEST_CASE("An option's empty value after an equals sign is that value, not the next word") {
  Sandbox box;
  SECTION("socket") {
    check_refused(box, {"--socket=", "echo", "hi"});
  }
  SECTION("scope") {
    CHECK(box.run({"--scope=", "echo", "hi"}) == exited(0, "hi\n"));
  }
}

TEST_CASE("An empty line for the shell does nothing") {
  Sandbox box;
  CHECK(box.run({"-c", ""}) == exited(0));
  CHECK(box.run({"-c", "", "echo", "hi"}) == exited(0));
}

TEST_CASE("Questions that exclude one another, or come with a command, are refused") {
  Sandbox box;
  const Words words =
      GENERATE(Words{"--stats", "--list"}, Words{"--list", "--stop"}, Words{"--stats", "--stop"},
               Words{"--stats", "true"}, Words{"--list", "--", "true"}, Words{"--stop", "true"},
               Words{"--stats", "-c", "true"}, Words{"--json"}, Words{"--json", "true"});
  check_refused(box, words);
}

TEST_CASE("A question where no daemon serves says so, and starts none") {
  Sandbox box;
  const Words words = GENERATE(Words{"--stats"}, Words{"--stats", "--json"}, Words{"--list"},
                               Words{"--list", "--json"}, Words{"--stop"});
  check_refused(box, words);
  CHECK_FALSE(box.exists("v1.sock"));
}

TEST_CASE("A socket folder that is not there is refused") {
  Sandbox box;
  check_socket_refused(box, box.path("nothing/v1.sock"));
}

TEST_CASE("A socket folder that others can write to is refused") {
  Sandbox box;
  const mode_t mode = GENERATE(0777, 0770, 0722);
  REQUIRE(::mkdir(box.path("open").c_str(), 0700) == 0);
  REQUIRE(::chmod(box.path("open").c_str(), mode) == 0);
  check_refused(box, with({"--socket", box.path("open/v1.sock")}, box.puppet({"out", "x"})));
  CHECK_FALSE(box.exists("open/v1.sock"));
}

TEST_CASE("A socket folder that is a link is refused") {
  Sandbox box;
  REQUIRE(::mkdir(box.path("real").c_str(), 0700) == 0);
  REQUIRE(::symlink("real", box.path("link").c_str()) == 0);
  check_refused(box, with({"--socket", box.path("link/v1.sock")}, box.puppet({"out", "x"})));
  CHECK_FALSE(box.exists("real/v1.sock"));
}

TEST_CASE("A socket folder that is another user's is refused") {
  if (::geteuid() != 0) return;
  Sandbox box;
  REQUIRE(::mkdir(box.path("theirs").c_str(), 0755) == 0);
  REQUIRE(::chown(box.path("theirs").c_str(), 1, 1) == 0);
  check_refused(box, with({"--socket", box.path("theirs/v1.sock")}, box.puppet({"out", "x"})));
}

TEST_CASE("A file where the socket's folder should be is refused") {
  Sandbox box;
  box.write("file", "");
  check_socket_refused(box, box.path("file/v1.sock"));
}

TEST_CASE("A socket path that is too long, empty or a folder's is refused") {
  Sandbox box;
  SECTION("too long") {
    check_socket_refused(box, box.path(std::string(120, 's')));
  }
  SECTION("much too long") {
    check_socket_refused(box, box.path(std::string(5000, 's')));
  }
  SECTION("empty") {
    check_socket_refused(box, "");
  }
  SECTION("a folder") {
    check_socket_refused(box, box.folder() + "/");
  }
}

TEST_CASE("The longest socket path that fits is used") {
  Sandbox box;
  // unix(7): 108 bytes with the NUL.
  const std::string socket = box.path(std::string(107 - box.folder().size() - 1, 's'));
  REQUIRE(socket.size() == 107);
  CHECK(box.run({"--socket", socket, "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.run({"--require-daemon", "--socket", socket, "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.daemons().size() == 1);
}

TEST_CASE("A socket path may be relative") {
  Sandbox box;
  CHECK(box.run({"--socket", "v1.sock", "echo", "hi"}) == exited(0, "hi\n"));
  CHECK(box.daemon_pid().has_value());
}

TEST_CASE("Option --socket wins over REDUCE_SOCKET") {
  Sandbox box;
  Spawn call = box.call({"--socket", box.socket(), "echo", "hi"});
  call.set("REDUCE_SOCKET", "/no/such/folder/v1.sock");
  CHECK(Started(call).finish() == exited(0, "hi\n"));
  CHECK(box.daemon_pid().has_value());
}

TEST_CASE("Help and version go to stdout, and exit 0") {
  Sandbox box;
  for (const char* program : {"reduce-run", "reduced"}) {
    INFO(program);
    for (const char* option : {"--help", "--version"}) {
      const Result result = Started(box.direct({Sandbox::program(program), option})).finish();
      CHECK(result.code == 0);
      CHECK(result.err.empty());
      CHECK(result.out.find(program) != std::string::npos);
      if (option != std::string("--version")) continue;
      CHECK(result.out == program + std::string(" (reduce) " REDUCE_VERSION ", protocol 1\n"));
    }
  }
  CHECK(box.run({"--help"}).out.find("Usage: reduce-run [OPTIONS] [--] COMMAND") !=
        std::string::npos);
  CHECK(box.daemons().empty());
}

TEST_CASE("Options after the command are the command's") {
  Sandbox box;
  const Words command =
      GENERATE(Words{"echo", "--help", "-v"}, Words{"echo", "--ident", "x"}, Words{"echo", "--"},
               Words{"echo", "--", "--stats"}, Words{"echo", "-c", "false"});
  std::string expected;
  for (std::size_t n = 1; n < command.size(); ++n) expected += (n > 1 ? " " : "") + command[n];
  CHECK(box.run(command) == exited(0, expected + "\n"));
  CHECK(box.run(with({"--no-join"}, command)) == exited(0, expected + "\n"));
  CHECK(box.run(with({"--scope", "s", "--"}, command)) == exited(0, expected + "\n"));
  CHECK(box.run(with({"--"}, command)) == exited(0, expected + "\n"));
}

TEST_CASE("After two dashes a command may look like an option") {
  Sandbox box;
  box.write("-tool", "#!/bin/sh\necho \"tool $1\"\n", 0700);
  box.write("--", "#!/bin/sh\necho \"dashes $1\"\n", 0700);
  Spawn call = box.call({"--", "-tool", "--stats"});
  call.set("PATH", box.folder() + ":/usr/bin:/bin");
  CHECK(Started(call).finish() == exited(0, "tool --stats\n"));
  call.argv = box.call({"--no-join", "--", "-tool", "--stats"}).argv;
  CHECK(Started(call).finish() == exited(0, "tool --stats\n"));
  // One pair of dashes is taken, the second is the command.
  call.argv = box.call({"--", "--", "x"}).argv;
  CHECK(Started(call).finish() == exited(0, "dashes x\n"));
}

TEST_CASE("Option -c runs a line by the shell") {
  Sandbox box;
  CHECK(box.run({"-c", "echo a; echo b >&2; exit 4"}) == exited(4, "a\n", "b\n"));
  CHECK(box.run({"--no-join", "-c", "echo \"$0\""}) == exited(0, "/bin/sh\n"));
  CHECK(box.run({"-c", "printf '<%s>' \"$@\"", "one", "two words"}) ==
        exited(0, "<one><two words>"));
  CHECK(box.run({"-c", "kill -TERM $$"}) == signaled(SIGTERM));
}

TEST_CASE("With REDUCE_OFF the command runs directly, with no daemon") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"out", "x\n", "exit", "3"}));
  call.set("REDUCE_OFF", "1");
  Started direct(call);
  CHECK(direct.finish() == exited(3, "x\n"));
  CHECK(box.executed() == std::vector<pid_t>{direct.pid()});
  CHECK(box.daemons().empty());
  call.argv = box.call({"--no-join", "no-such-command"}).argv;
  const Result missing = Started(call).finish();
  CHECK(missing.code == 127);
  CHECK(is_own_line(missing.err));
}

TEST_CASE("REDUCE_OFF works with a socket that cannot be used, and joins no run") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"exit", "3"}));
  call.set("REDUCE_OFF", "1").set("REDUCE_SOCKET", "/no/such/folder/v1.sock");
  CHECK(Started(call).finish() == exited(3));
}

TEST_CASE("REDUCE_OFF that is empty or 0 is not set") {
  Sandbox box;
  const char* value = GENERATE("", "0");
  Spawn call = box.call({"true"});
  call.set("REDUCE_OFF", value);
  CHECK(Started(call).finish() == exited(0));
  CHECK(box.daemons().size() == 1);
}
