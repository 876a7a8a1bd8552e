#include "process/child_environment.hpp"

#include "support/catch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

Strings environment_of(const Strings& given, RunId id) {
  const std::string bytes = pack(given);
  const ChildEnvironment environment(PackedStrings(bytes), id);
  Strings variables;
  for (const char* const* at = environment.data(); *at != nullptr; ++at) variables.push_back(*at);
  return variables;
}

}  // namespace

TEST_CASE("a process has its starter's environment and the run that it is in") {
  CHECK(environment_of({}, 7) == Strings{"REDUCE_CHAIN=7"});
  CHECK(environment_of({"A=1", "B=", "odd", "=", "A=2", "\xff=\xfe"}, 1) ==
        Strings{"A=1", "B=", "odd", "=", "A=2", "\xff=\xfe", "REDUCE_CHAIN=1"});
}

TEST_CASE("a run within a run is added to the chain at its end") {
  CHECK(environment_of({"A=1", "REDUCE_CHAIN=3", "B=2"}, 12) ==
        Strings{"A=1", "B=2", "REDUCE_CHAIN=3,12"});
  CHECK(environment_of({"REDUCE_CHAIN=3,12"}, 18446744073709551615u) ==
        Strings{"REDUCE_CHAIN=3,12,18446744073709551615"});
}

TEST_CASE("only the chain itself is taken for the chain") {
  CHECK(environment_of({"REDUCE_CHAINS=1", "XREDUCE_CHAIN=2", "REDUCE_CHAIN"}, 5) ==
        Strings{"REDUCE_CHAINS=1", "XREDUCE_CHAIN=2", "REDUCE_CHAIN", "REDUCE_CHAIN=5"});
}

TEST_CASE("an environment of any size comes whole") {
  Strings many;
  for (int i = 0; i < 5000; ++i) many.push_back(std::string("V").append(std::to_string(i)) += "=x");
  Strings expected = many;
  expected.push_back("REDUCE_CHAIN=1");
  CHECK((environment_of(many, 1) == expected));
}
