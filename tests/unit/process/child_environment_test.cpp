#include "process/child_environment.hpp"

#include "support/catch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

Strings environment_of(const Strings& given) {
  const std::string bytes = pack(given);
  const ChildEnvironment environment(PackedStrings(bytes), "REDUCE_CHAIN=x:7");
  Strings variables;
  for (const char* const* at = environment.data(); *at != nullptr; ++at) variables.push_back(*at);
  return variables;
}

}  // namespace

TEST_CASE("a process has its starter's environment and the run that it is in") {
  CHECK(environment_of({}) == Strings{"REDUCE_CHAIN=x:7"});
  CHECK(environment_of({"A=1", "B=", "odd", "=", "A=2", "\xff=\xfe"}) ==
        Strings{"A=1", "B=", "odd", "=", "A=2", "\xff=\xfe", "REDUCE_CHAIN=x:7"});
}

TEST_CASE("the chain of the starter is replaced, and only that") {
  CHECK(environment_of({"A=1", "REDUCE_CHAIN=x:3", "B=2"}) ==
        Strings{"A=1", "B=2", "REDUCE_CHAIN=x:7"});
  CHECK(environment_of({"REDUCE_CHAINS=1", "XREDUCE_CHAIN=2", "REDUCE_CHAIN"}) ==
        Strings{"REDUCE_CHAINS=1", "XREDUCE_CHAIN=2", "REDUCE_CHAIN", "REDUCE_CHAIN=x:7"});
}

TEST_CASE("a process does not hear of a job server that it cannot reach") {
  const Strings given = {"MAKEFLAGS= -j4 --jobserver-auth=3,4 -- A=b",
                         "CARGO_MAKEFLAGS=-j --jobserver-fds=8,9"};
  const Strings expected = {"MAKEFLAGS= -j4 -- A=b", "CARGO_MAKEFLAGS=-j", "REDUCE_CHAIN=x:7"};
  CHECK((environment_of(given) == expected));
}

TEST_CASE("a job server named by a path is there for everybody") {
  Strings given = {"MAKEFLAGS= -j4 --jobserver-auth=fifo:/tmp/GMfifo1",
                   "XMAKEFLAGS=--jobserver-auth=3,4", "MAKEFLAGS=k"};
  const Strings seen = environment_of(given);
  given.emplace_back("REDUCE_CHAIN=x:7");
  CHECK((seen == given));
}

TEST_CASE("an environment of any size comes whole") {
  Strings many;
  for (int i = 0; i < 5000; ++i) many.push_back(std::string("V").append(std::to_string(i)) += "=x");
  Strings expected = many;
  expected.push_back("REDUCE_CHAIN=x:7");
  CHECK((environment_of(many) == expected));
}
