#include "command/identity.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "support/catch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

// Identities are compared in double brackets: their bytes are not for a terminal.

namespace {

Identity identity_of(Strings args, Strings env = {}) {
  return TestCommand(std::move(args), std::move(env)).identity();
}

/// All that is to count, in a form that cannot be ambiguous.
using Key = std::tuple<std::string, Strings, Strings, std::string, std::uint64_t, std::uint64_t,
                       uid_t, gid_t, mode_t, int, rlim_t, rlim_t>;

Key key_of(const TestCommand& command) {
  Strings env = command.env;
  std::stable_sort(env.begin(), env.end(), [](const std::string& a, const std::string& b) {
    return a.substr(0, a.find('=')) < b.substr(0, b.find('='));
  });
  return {std::string(command.options.scope),
          command.args,
          env,
          command.cwd,
          command.cwd_device,
          command.cwd_inode,
          command.uid,
          command.gid,
          command.umask,
          command.nice,
          command.limits[3].rlim_cur,
          command.limits[3].rlim_max};
}

/// Commands of few and similar parts, so that many are equal and many nearly.
class Generator {
 public:
  TestCommand next() {
    TestCommand command;
    command.args = strings(1, 3, kTexts);
    command.env = strings(0, 3, kVariables);
    if (rarely()) command.options.scope = pick(kTexts);
    if (rarely()) command.cwd = std::string("/").append(pick(kTexts));
    if (rarely()) command.cwd_device = random_() % 3;
    if (rarely()) command.cwd_inode = random_() % 3;
    if (rarely()) command.uid = random_() % 3;
    if (rarely()) command.gid = random_() % 3;
    if (rarely()) command.umask = random_() % 3;
    if (rarely()) command.nice = static_cast<int>(random_() % 3) - 1;
    if (rarely()) command.limits[3].rlim_cur = random_() % 3;
    if (rarely()) command.limits[3].rlim_max = random_() % 3;
    return command;
  }

 private:
  static constexpr const char* kTexts[] = {"", "a", "b", "ab", "a b", "\1", "A=", "\4\1\xff"};
  static constexpr const char* kVariables[] = {"A=",  "A=1", "A=2", "A", "B=", "B=1",
                                               "AB=", "A=B", "=A",  "",  "a="};

  bool rarely() { return random_() % 4 == 0; }
  template <std::size_t size>
  const char* pick(const char* const (&from)[size]) {
    return from[random_() % size];
  }
  template <std::size_t size>
  Strings strings(unsigned least, unsigned most, const char* const (&from)[size]) {
    Strings strings(least + random_() % (most - least + 1));
    for (std::string& text : strings) text = pick(from);
    return strings;
  }

  std::mt19937 random_{4711};
};

}  // namespace

TEST_CASE("two commands have one identity only where all that counts is equal") {
  Generator generator;
  std::map<Identity, Key> seen;
  std::map<Key, Identity> back;
  std::size_t repeated = 0;
  for (int round = 0; round < 50'000; ++round) {
    const TestCommand command = generator.next();
    const Identity identity = command.identity();
    const Key key = key_of(command);
    const auto [with_identity, fresh] = seen.emplace(identity, key);
    if (with_identity->second != key) FAIL("different commands with one identity");
    const auto [with_key, new_key] = back.emplace(key, identity);
    if (with_key->second != identity) FAIL("one command with different identities");
    repeated += !fresh;
  }
  CHECK(repeated > 1000);
  CHECK(seen.size() > 1000);
}

TEST_CASE("arguments count as a list and not as text") {
  CHECK((identity_of({"a b"}) != identity_of({"a", "b"})));
  CHECK((identity_of({"a", ""}) != identity_of({"a"})));
  CHECK((identity_of({"", "a"}) != identity_of({"a", ""})));
  CHECK((identity_of({"a", "b"}) != identity_of({"b", "a"})));
  CHECK((identity_of({"ab", "c"}) != identity_of({"a", "bc"})));
  CHECK((identity_of({"\xff\xfe"}) != identity_of({"\xff"})));
  CHECK((identity_of({"make", "-j", ""}) == identity_of({"make", "-j", ""})));
}

TEST_CASE("an argument is never taken for a variable") {
  CHECK((identity_of({"a", "B=1"}) != identity_of({"a"}, {"B=1"})));
}

TEST_CASE("a variable that is unset differs from an empty one") {
  CHECK((identity_of({"a"}) != identity_of({"a"}, {"A="})));
  CHECK((identity_of({"a"}, {"A="}) != identity_of({"a"}, {"A=0"})));
  CHECK((identity_of({"a"}, {"A"}) != identity_of({"a"}, {"A="})));
}

TEST_CASE("the order of variables does not matter and their values do") {
  const Strings env{"B=2", "A=1", "C=3", "AB=4"};
  Strings turned(env.rbegin(), env.rend());
  CHECK((identity_of({"a"}, env) == identity_of({"a"}, turned)));
  turned[1] = "C=4";
  CHECK((identity_of({"a"}, env) != identity_of({"a"}, turned)));
  CHECK((identity_of({"a"}, {"A=B", "B=A"}) != identity_of({"a"}, {"A=A", "B=B"})));
}

TEST_CASE("two variables of one name keep their order") {
  const Identity one_first = identity_of({"a"}, {"A=1", "A=2"});
  CHECK((one_first != identity_of({"a"}, {"A=2", "A=1"})));
  CHECK((one_first == identity_of({"a"}, {"A=1", "A=2"})));
  CHECK((identity_of({"a"}, {"B=", "A=2", "A=1"}) == identity_of({"a"}, {"A=2", "B=", "A=1"})));
  // More than a sort by insertion keeps in order by chance.
  Strings many, others;
  for (int i = 0; i < 100; ++i) many.push_back(std::string("A=").append(std::to_string(i)));
  others = many;
  CHECK((identity_of({"a"}, many) == identity_of({"a"}, others)));
  std::swap(others[40], others[60]);
  CHECK((identity_of({"a"}, many) != identity_of({"a"}, others)));
  CHECK((one_first != identity_of({"a"}, {"A=1"})));
}

TEST_CASE("volatile variables do not count unless all do") {
  TestCommand plain({"a"}, {"A=1"});
  TestCommand noisy({"a"}, {"SHLVL=3", "A=1", "TMUX_PANE=%7", "REDUCE_SCOPE=x", "PWD=/"});
  CHECK((plain.identity() == noisy.identity()));
  plain.options.env_mode = noisy.options.env_mode = EnvMode::all;
  CHECK((plain.identity() != noisy.identity()));
  TestCommand other({"a"}, {"SHLVL=4", "A=1", "TMUX_PANE=%7", "REDUCE_SCOPE=x", "PWD=/"});
  other.options.env_mode = EnvMode::all;
  CHECK((other.identity() != noisy.identity()));
}

TEST_CASE("where no variables count they all may differ") {
  TestCommand a({"a"}, {"A=1", "PATH=/bin"}), b({"a"}, {"A=2"});
  a.options.env_mode = b.options.env_mode = EnvMode::none;
  CHECK((a.identity() == b.identity()));
  b.args = {"b"};
  CHECK((a.identity() != b.identity()));
}

TEST_CASE("a call that counts variables never shares a run of one that did not") {
  // The run of the first has A=1; the second's environment is empty and says that this counts.
  TestCommand careless({"a"}, {"A=1"}), careful({"a"}, {});
  careless.options.env_mode = EnvMode::none;
  CHECK((careless.identity() != careful.identity()));
  // The run of the first has TMUX; the second has none and says that all variables count.
  TestCommand automatic({"a"}, {"A=1", "TMUX=1"}), all({"a"}, {"A=1"});
  all.options.env_mode = EnvMode::all;
  CHECK((automatic.identity() != all.identity()));
}

TEST_CASE("each circumstance of the process counts") {
  const TestCommand plain;
  const auto differs = [&](auto change) {
    TestCommand changed;
    change(changed);
    return changed.identity() != plain.identity();
  };
  CHECK(differs([](TestCommand& c) { c.cwd = "/tmp"; }));
  CHECK(differs([](TestCommand& c) { c.cwd_device = 9; }));
  CHECK(differs([](TestCommand& c) { c.cwd_inode = 9; }));
  CHECK(differs([](TestCommand& c) { c.uid = 0; }));
  CHECK(differs([](TestCommand& c) { c.gid = 0; }));
  CHECK(differs([](TestCommand& c) { c.umask = 077; }));
  CHECK(differs([](TestCommand& c) { c.nice = 10; }));
  CHECK(differs([](TestCommand& c) { c.nice = -1; }));
  CHECK(differs([](TestCommand& c) { c.options.scope = "s"; }));
  for (std::size_t i = 0; i < plain.limits.size(); ++i) {
    INFO(i);
    CHECK(differs([i](TestCommand& c) { c.limits[i].rlim_cur = 1; }));
    CHECK(differs([i](TestCommand& c) { c.limits[i].rlim_max = 1; }));
  }
}

TEST_CASE("how a caller waits does not count") {
  TestCommand plain, other;
  other.options.announce = true;
  CHECK((plain.identity() == other.identity()));
}

TEST_CASE("a manual identity stands for command and directory and environment alone") {
  TestCommand a({"a"}, {"A=1"}), b({"b", "c"}, {"B=2"});
  b.cwd = "/elsewhere";
  b.cwd_inode = 77;
  a.options.has_ident = b.options.has_ident = true;
  a.options.ident = b.options.ident = "mine";
  CHECK((a.identity() == b.identity()));
  b.options.ident = "mine too";
  CHECK((a.identity() != b.identity()));
  b.options.ident = a.options.ident;
  b.uid = 7;
  CHECK((a.identity() != b.identity()));
  b.uid = a.uid;
  CHECK((a.identity() == b.identity()));
  b.options.scope = "other";
  CHECK((a.identity() != b.identity()));
}

TEST_CASE("scope and manual identity do not run into one another") {
  TestCommand a, b;
  a.options.has_ident = b.options.has_ident = true;
  a.options.scope = "x";
  a.options.ident = "yz";
  b.options.scope = "xy";
  b.options.ident = "z";
  CHECK((a.identity() != b.identity()));
}

TEST_CASE("a manual identity never equals an automatic one") {
  const TestCommand automatic({"make"}, {"A=1"});
  const Identity whole = automatic.identity();
  for (std::size_t from = 0; from < whole.size(); ++from) {
    TestCommand manual({"make"}, {"A=1"});
    manual.options.has_ident = true;
    manual.options.ident = std::string_view(whole).substr(from);
    CHECK((manual.identity() != whole));
  }
  TestCommand same;
  same.options.has_ident = true;
  same.options.ident = "make";
  CHECK((same.identity() != identity_of({"make"})));
}

TEST_CASE("an identity replaces what was in its buffer") {
  const TestCommand command({"a"});
  Identity buffer = "left over from the last call";
  identify(command.view(), command.place(), buffer);
  CHECK((buffer == command.identity()));
}
