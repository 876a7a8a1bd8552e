#include "process/child_environment.hpp"

#include "support/catch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

/// The child's variables, one on each line.
std::string environment_of(std::string lines) {
  for (char& byte : lines) {
    if (byte == '\n') byte = '\0';
  }
  const ChildEnvironment environment(PackedStrings(lines), "REDUCE_CHAIN=x:7");
  std::string seen;
  for (const char* const* at = environment.data(); *at != nullptr; ++at) seen.append(*at) += '\n';
  return seen;
}

}  // namespace

TEST_CASE("a process has its starter's environment and the run that it is in") {
  CHECK(environment_of("") == "REDUCE_CHAIN=x:7\n");
  CHECK(environment_of("A=1\nB=\nodd\n=\nA=2\n\xff=\xfe\n") ==
        "A=1\nB=\nodd\n=\nA=2\n\xff=\xfe\nREDUCE_CHAIN=x:7\n");
}

TEST_CASE("the chain of the starter is replaced, and only that") {
  CHECK(environment_of("A=1\nREDUCE_CHAIN=x:3\nB=2\n") == "A=1\nB=2\nREDUCE_CHAIN=x:7\n");
  CHECK(environment_of("REDUCE_CHAINS=1\nXREDUCE_CHAIN=2\nREDUCE_CHAIN\n") ==
        "REDUCE_CHAINS=1\nXREDUCE_CHAIN=2\nREDUCE_CHAIN\nREDUCE_CHAIN=x:7\n");
}

TEST_CASE("a process does not hear of a job server that it cannot reach") {
  CHECK(environment_of("MAKEFLAGS= -j4 --jobserver-auth=3,4 -- A=b\n") ==
        "MAKEFLAGS= -j4 -- A=b\nREDUCE_CHAIN=x:7\n");
  CHECK(environment_of("CARGO_MAKEFLAGS=-j --jobserver-fds=8,9\n") ==
        "CARGO_MAKEFLAGS=-j\nREDUCE_CHAIN=x:7\n");
}

TEST_CASE("a job server named by a path is there for everybody") {
  const std::string given =
      "MAKEFLAGS= -j4 --jobserver-auth=fifo:/tmp/GMfifo1\nXMAKEFLAGS=--jobserver-auth=3,4\n";
  CHECK(environment_of(given) == given + "REDUCE_CHAIN=x:7\n");
}

TEST_CASE("an environment of any size comes whole") {
  std::string many;
  for (int i = 0; i < 5000; ++i) many.append("V").append(std::to_string(i)).append("=x\n");
  CHECK((environment_of(many) == many + "REDUCE_CHAIN=x:7\n"));
}
