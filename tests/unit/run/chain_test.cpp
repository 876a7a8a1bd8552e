#include "run/chain.hpp"

#include "run/wait_graph.hpp"
#include "support/catch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

using Ids = std::vector<RunId>;

namespace {

Ids chain_in(const Strings& variables, std::string_view instance = "me") {
  const std::string bytes = pack(variables);
  return chain_of(PackedStrings(bytes), instance);
}

}  // namespace

TEST_CASE("a chain names the runs of this daemon alone, outermost first") {
  CHECK(chain_in({"A=1", "REDUCE_CHAIN=me:3,other:4,me:12"}) == Ids{3, 12});
  CHECK(chain_in({}).empty());
  CHECK(chain_in({"REDUCE_CHAIN="}).empty());
  CHECK(chain_in({"REDUCE_CHAIN=me:,me:x,me:1x,:5,me,,me:99999999999999999999,me:6"}) == Ids{6});
}

TEST_CASE("a process is told the runs that it is in") {
  const std::string env = pack({"REDUCE_CHAIN=other:4"});
  CHECK(chain_variable(PackedStrings(), "me", 7) == "REDUCE_CHAIN=me:7");
  CHECK(chain_variable(PackedStrings(env), "me", 7) == "REDUCE_CHAIN=other:4,me:7");
}

TEST_CASE("a caller would wait for itself through any number of runs") {
  WaitGraph waits;
  CHECK_FALSE(waits.would_deadlock({}, 1));
  CHECK_FALSE(waits.would_deadlock({2}, 1));
  CHECK(waits.would_deadlock({1}, 1));
  CHECK(waits.would_deadlock({1, 2}, 1));
  waits.add({1}, 2);
  waits.add({2}, 3);
  CHECK(waits.would_deadlock({3}, 1));
  CHECK_FALSE(waits.would_deadlock({1}, 3));
  waits.add({3}, 1);  // never made by the reducer; must not go round for ever
  CHECK_FALSE(waits.would_deadlock({4}, 1));
}

TEST_CASE("a wait that has ended is forgotten, another like it is not") {
  WaitGraph waits;
  waits.add({1}, 2);
  waits.add({1}, 2);
  waits.remove({1}, 2);
  CHECK(waits.would_deadlock({2}, 1));
  waits.remove({1}, 2);
  CHECK_FALSE(waits.would_deadlock({2}, 1));
}
