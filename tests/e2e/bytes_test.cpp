// What is asked for reaches the process unchanged, byte by byte.

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "support/catch.hpp"
#include "support/e2e/sandbox.hpp"

using namespace e2e;

namespace {

/// Every byte but NUL.
std::string all_bytes() {
  std::string bytes;
  for (int byte = 1; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

std::string with_nuls(const Words& words) {
  std::string joined;
  for (const std::string& word : words) joined.append(word).push_back('\0');
  return joined;
}

Words split_at_nuls(const std::string& text) {
  Words words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\0', begin);
    words.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return words;
}

void check_arguments(const Words& arguments) {
  const Sandbox box;
  const Result result = box.run(box.puppet(with({"print-args"}, arguments)));
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  CHECK(result.out == with_nuls(arguments));
}

/// The environment that the process has, without what is put there for it.
Words environment_of(const Spawn& call) {
  const Result result = Started(call).finish();
  CHECK(result.code == 0);
  Words variables = split_at_nuls(result.out);
  std::erase_if(variables, [](const auto& text) { return text.starts_with("REDUCE_CHAIN="); });
  return variables;
}

}  // namespace

TEST_CASE("Arguments of any bytes reach the process") {
  check_arguments({all_bytes(), "\xff\xfe", "two\nlines\n", "tab\tand space", "'\"\\$`"});
}

TEST_CASE("Empty arguments reach the process") {
  check_arguments({"", "a", "", "", "b", ""});
}

TEST_CASE("Two hundred arguments reach the process") {
  Words arguments;
  for (int n = 0; n < 200; ++n) arguments.push_back("argument " + std::to_string(n));
  check_arguments(arguments);
}

TEST_CASE("Twenty thousand arguments reach the process") {
  Words arguments;
  for (int n = 0; n < 20'000; ++n) arguments.push_back(std::to_string(n));
  check_arguments(arguments);
}

TEST_CASE("An argument of 100 KB reaches the process") {
  std::string large;
  while (large.size() < 100'000) large += all_bytes();
  check_arguments({"small", large, "small again"});
}

TEST_CASE("An environment of any bytes reaches the process") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"print-environ"}));
  call.set("BYTES", all_bytes()).set("EMPTY", "").set("EQUALS", "a=b=c").set("LINES", "a\nb");
  call.set("NAME\xff\n", "odd name").set("\xc3\xa4", "umlaut");
  call.env.push_back("without equals sign");
  CHECK(environment_of(call) == call.env);
}

TEST_CASE("An environment of 1 MB reaches the process") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"print-environ"}));
  for (int n = 0; n < 10; ++n) {
    call.set("LARGE_" + std::to_string(n), std::string(100'000, static_cast<char>('a' + n)));
  }
  CHECK(environment_of(call) == call.env);
}

TEST_CASE("An empty environment stays empty") {
  Sandbox box;
  Spawn call = box.call(with({"--socket", box.socket()}, box.puppet({"print-environ"})));
  call.env.clear();
  CHECK(environment_of(call).empty());
}

TEST_CASE("Variables of one name reach the process in their order") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"print-environ"}));
  call.env.insert(call.env.end(), {"TWICE=2", "TWICE=1"});
  CHECK(environment_of(call) == call.env);
}

TEST_CASE("A working directory of any name is the process's") {
  Sandbox box;
  const std::string name = GENERATE("plain", "with space", "two\nlines", "\xff\xfe not UTF-8",
                                    "gone (deleted)", "quote'\"\\");
  const std::string folder = box.path(name);
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  Spawn call = box.call(box.puppet({"print-cwd"}));
  call.cwd = folder;
  CHECK(Started(call).finish() == exited(0, folder));
}

TEST_CASE("A working directory with a very long path is the process's") {
  Sandbox box;
  std::string folder = box.folder();
  for (int depth = 0; depth < 18; ++depth) {
    folder += "/" + std::string(200, static_cast<char>('a' + depth));
    REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  }
  Spawn call = box.call(box.puppet({"print-cwd"}));
  call.cwd = folder;
  CHECK(Started(call).finish() == exited(0, folder));
}

TEST_CASE("A working directory that has been removed is no obstacle") {
  Sandbox box;
  const std::string folder = box.path("gone");
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  Spawn call = box.call(box.puppet({"out", "x"}));
  call.cwd = folder;
  call.before_exec = [folder] { ::rmdir(folder.c_str()); };
  CHECK(Started(call).finish() == exited(0, "x"));
}

TEST_CASE("A program of any name is run") {
  Sandbox box;
  const std::string name = GENERATE("with space", "two\nlines", "\xff\xfe", "$(false)");
  box.write(name, "#!/bin/sh\nprintf %s \"$0\"\n", 0700);
  CHECK(box.run({box.path(name)}) == exited(0, box.path(name)));
}

TEST_CASE("An identity and a scope of any bytes work") {
  Sandbox box;
  CHECK(box.run({"--ident", all_bytes(), "--scope", "\xff\n", "echo", "hi"}) == exited(0, "hi\n"));
}

TEST_CASE("The process has the caller's umask, nice value and limits") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"print-umask", "print-nice", "print-files-limit"}));
  call.before_exec = [] {
    ::umask(0127);
    ::setpriority(PRIO_PROCESS, 0, 7);
    const rlimit limit{123, 234};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
  CHECK(Started(call).finish() == exited(0, "127\n7\n123 234\n"));
}

TEST_CASE("The process begins with no signal ignored or blocked") {
  Sandbox box;
  Spawn call = box.call(box.puppet({"print-status", "SigIgn", "print-status", "SigBlk"}));
  call.before_exec = [] {
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t some;
    sigemptyset(&some);
    for (const int number : {SIGUSR1, SIGCHLD}) sigaddset(&some, number);
    ::sigprocmask(SIG_BLOCK, &some, nullptr);
  };
  CHECK(Started(call).finish() ==
        exited(0, "SigIgn:\t0000000000000000\nSigBlk:\t0000000000000000\n"));
}
