#include "command/command.hpp"

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "support/catch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::string_view_literals;

namespace {

Strings texts(const PackedStrings& strings) {
  Strings texts;
  for (const std::string_view text : strings) texts.emplace_back(text);
  return texts;
}

}  // namespace

TEST_CASE("packed strings are read one by one and empty ones too") {
  CHECK(texts(PackedStrings()).empty());
  CHECK(PackedStrings().empty());
  CHECK(texts(PackedStrings("\0"sv)) == Strings{""});
  CHECK(texts(PackedStrings("a\0\0bc\0"sv)) == Strings{"a", "", "bc"});
  CHECK(texts(PackedStrings("\0\0"sv)) == Strings{"", ""});
  CHECK_FALSE(PackedStrings("\0"sv).empty());
}

TEST_CASE("a command keeps its bytes when those that it was made of are gone") {
  auto args = std::make_unique<std::string>("make\0-j\0\0"sv);
  auto env = std::make_unique<std::string>("A=1\0B=\0"sv);
  auto ident = std::make_unique<std::string>("mine");
  auto scope = std::make_unique<std::string>("here");
  CommandView view;
  view.args = PackedStrings(*args);
  view.env = PackedStrings(*env);
  view.umask = 027;
  view.nice = 5;
  view.limits[2] = {10, 20};
  view.options.has_ident = true;
  view.options.ident = *ident;
  view.options.scope = *scope;
  view.options.env_mode = EnvMode::all;
  view.options.no_join = true;
  view.options.announce = true;
  const Command command(view, {});
  for (const auto& text : {std::ref(args), std::ref(env), std::ref(ident), std::ref(scope)}) {
    std::fill(text.get()->begin(), text.get()->end(), 'x');
    text.get().reset();
  }
  const CommandView& kept = command.view();
  CHECK(texts(kept.args) == Strings{"make", "-j", ""});
  CHECK(texts(kept.env) == Strings{"A=1", "B="});
  CHECK(kept.umask == 027);
  CHECK(kept.nice == 5);
  CHECK(kept.limits[2].rlim_cur == 10);
  CHECK(kept.limits[2].rlim_max == 20);
  CHECK(kept.options.has_ident);
  CHECK(kept.options.ident == "mine");
  CHECK(kept.options.scope == "here");
  CHECK(kept.options.env_mode == EnvMode::all);
  CHECK(kept.options.no_join);
  CHECK(kept.options.announce);
}

TEST_CASE("a command without environment and options keeps its arguments") {
  const TestCommand source({"true"});
  const Command command(source.view(), {});
  CHECK(command.view().env.empty());
  CHECK(command.view().options.ident.empty());
  CHECK_FALSE(command.view().options.has_ident);
}

TEST_CASE("a command's strings stay valid where it is moved") {
  const TestCommand source({"a", "b"}, {"A=1"});
  auto first = std::make_unique<Command>(source.view(), source.place());
  const Command second(std::move(*first));
  first.reset();
  CHECK(texts(second.view().args) == Strings{"a", "b"});
  CHECK(texts(second.view().env) == Strings{"A=1"});
}

TEST_CASE("a command owns the descriptor of its directory") {
  int fd = -1;
  {
    const TestCommand source({"pwd"});
    Place place = source.place();
    place.cwd.reset(::open("/", O_PATH | O_CLOEXEC));
    fd = place.cwd.get();
    REQUIRE(fd >= 0);
    const Command command(source.view(), std::move(place));
    CHECK(command.place().cwd.get() == fd);
    CHECK(command.place().cwd_path == "/");
    CHECK(command.place().uid == 1000);
    CHECK(::fcntl(fd, F_GETFD) >= 0);
  }
  CHECK(::fcntl(fd, F_GETFD) == -1);
}
