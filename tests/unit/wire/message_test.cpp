#include "wire/message.hpp"

#include "support/catch.hpp"
#include "support/wire_samples.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> texts(const PackedStrings& strings) {
  std::vector<std::string> texts;
  for (const std::string_view text : strings) texts.emplace_back(text);
  return texts;
}

void check_equal(const Attached& a, const Attached& b) {
  CHECK(a.run == b.run);
  CHECK(a.role == b.role);
  CHECK(a.callers == b.callers);
  CHECK(a.age == b.age);
}

/// The type of the frame that `bytes` begin with; its size is checked.
MessageType type_of(const std::string& bytes) {
  const auto head = parse_frame_head(bytes, 1 << 20);
  REQUIRE(head.has_value());
  REQUIRE(head->body_size == bytes.size() - kFrameHeadSize);
  return head->type;
}

}  // namespace

TEST_CASE("a run message brings the whole command") {
  const TestCommand command = full_command();
  const std::string body = body_of_run(command);
  const auto read = parse_run(body);
  REQUIRE(read.has_value());
  CHECK(texts(read->args) == command.args);
  CHECK(texts(read->env) == command.env);
  CHECK(read->umask == command.umask);
  CHECK(read->nice == command.nice);
  for (std::size_t i = 0; i < command.limits.size(); ++i) {
    CHECK(read->limits[i].rlim_cur == command.limits[i].rlim_cur);
    CHECK(read->limits[i].rlim_max == command.limits[i].rlim_max);
  }
  CHECK((read->options.ident == "mine"));
  CHECK(read->options.scope == "here");
  CHECK(read->options.env_mode == EnvMode::none);
  CHECK(read->options.no_join);
  CHECK(read->options.announce);
}

TEST_CASE("a run message without options has their defaults") {
  const std::string body = body_of_run(TestCommand({""}));
  const auto read = parse_run(body);
  REQUIRE(read.has_value());
  CHECK(texts(read->args) == Strings{""});
  CHECK(read->env.empty());
  CHECK_FALSE(read->options.ident.has_value());
  CHECK(read->options.scope.empty());
  CHECK(read->options.env_mode == EnvMode::automatic);
  CHECK_FALSE(read->options.no_join);
  CHECK_FALSE(read->options.announce);
}

TEST_CASE("a run message whose strings do not end in NUL is refused") {
  CommandView view = TestCommand().view();
  const auto is_accepted = [&](std::string_view args, std::string_view env) {
    view.args = PackedStrings(args);
    view.env = PackedStrings(env);
    std::string body;
    put_run_prefix(body, view);
    body.append(args).append(env);
    return parse_run(body).has_value();
  };
  using namespace std::string_view_literals;
  CHECK(is_accepted("a\0b\0"sv, "A=1\0"sv));
  CHECK_FALSE(is_accepted("a\0b"sv, "A=1\0"sv));
  CHECK_FALSE(is_accepted("a"sv, ""sv));
  CHECK_FALSE(is_accepted("a\0"sv, "A=1"sv));
  CHECK_FALSE(is_accepted("a\0"sv, "A=1\0B"sv));
  CHECK_FALSE(is_accepted(""sv, "A=1\0"sv));  // no argument at all
}

TEST_CASE("options that a run message cannot have are refused") {
  const auto with_options = [](const std::string& options) {
    TestCommand command;
    std::string body = body_of_run(command);
    // Before the two sizes at its end a plain prefix has that of its options, which are none.
    const std::size_t tail = 3 * sizeof(std::uint32_t) + pack(command.args).size();
    const std::size_t at = body.size() - tail;
    const auto size = static_cast<std::uint32_t>(options.size());
    body.replace(at, sizeof size, reinterpret_cast<const char*>(&size), sizeof size);
    body.insert(at + 3 * sizeof size, options);
    return parse_run(body).has_value();
  };
  const auto option = [](int number, const std::string& value) {
    const auto size = static_cast<std::uint32_t>(value.size());
    std::string bytes(1, static_cast<char>(number));
    return bytes.append(reinterpret_cast<const char*>(&size), sizeof size).append(value);
  };
  CHECK(with_options(""));
  CHECK(with_options(option(1, "mine")));
  CHECK(with_options(option(2, "") + option(3, std::string(1, '\2')) + option(4, "")));
  CHECK_FALSE(with_options(option(1, "")));    // an empty ident
  CHECK_FALSE(with_options(option(3, "")));    // no mode
  CHECK_FALSE(with_options(option(3, "\3")));  // an unknown one
  CHECK_FALSE(with_options(option(3, "\xff")));
  CHECK_FALSE(with_options(option(3, "\1\1")));
  CHECK_FALSE(with_options(option(4, "x")));
  CHECK_FALSE(with_options(option(5, "x")));
  CHECK_FALSE(with_options(option(0, "")));
  CHECK_FALSE(with_options(option(200, "")));
  CHECK_FALSE(with_options(option(2, "cut off").substr(0, 8)));
  CHECK_FALSE(with_options("\1"));
}

TEST_CASE("attached comes back as it was put") {
  const Attached attached = GENERATE(Attached{}, Attached{1ull << 60, Role::joined, 4000000000, 3s},
                                     Attached{1, Role::started, 1, Duration::max()});
  std::string bytes;
  put_attached(bytes, attached);
  CHECK(type_of(bytes) == MessageType::attached);
  const auto read = parse_attached(body_of(bytes));
  REQUIRE(read.has_value());
  check_equal(*read, attached);
}

TEST_CASE("a notice comes back as it was put") {
  for (const std::size_t pieces : {std::size_t{1}, std::size_t{2}, kMaxPieces}) {
    for (const Stream first : {Stream::out, Stream::err}) {
      Notice notice{first, pieces == 2, {}};
      for (std::size_t i = 0; i < pieces; ++i) {
        notice.lengths.push_back(static_cast<std::uint32_t>(1 + i * 8'000'000));
      }
      std::string bytes;
      put_notice(bytes, notice);
      CHECK(type_of(bytes) == MessageType::notice);
      const auto read = parse_notice(body_of(bytes));
      REQUIRE(read.has_value());
      CHECK(read->first == notice.first);
      CHECK(read->new_segment == notice.new_segment);
      CHECK(read->lengths == notice.lengths);
    }
  }
}

TEST_CASE("a notice of a wrong stream or of too many pieces is refused") {
  std::string bytes;
  put_notice(bytes, {Stream::out, false, {1, 2}});
  std::string body = body_of(bytes);
  CHECK(parse_notice(body).has_value());
  body[0] = 2;
  CHECK_FALSE(parse_notice(body).has_value());
  body[0] = 0;
  body[1] = 2;
  CHECK_FALSE(parse_notice(body).has_value());
  bytes.clear();
  put_notice(bytes, {Stream::out, false, std::vector<std::uint32_t>(kMaxPieces + 1, 1)});
  CHECK_FALSE(parse_notice(body_of(bytes)).has_value());
}

TEST_CASE("every outcome comes back as it was put") {
  const Outcome outcome =
      GENERATE(Outcome(Exited{0}), Outcome(Exited{255}), Outcome(Signaled{1}),
               Outcome(Signaled{64}), Outcome(NotExecuted{2}), Outcome(NotExecuted{13}),
               Outcome(Broken{""}), Outcome(Broken{"cannot write to the spool: \xff"}));
  const Ending ending{outcome, {5, Role::joined, 51, 20ms}, 7h};
  std::string bytes;
  put_ending(bytes, ending);
  CHECK(type_of(bytes) == MessageType::outcome);
  const auto read = parse_ending(body_of(bytes));
  REQUIRE(read.has_value());
  CHECK(read->outcome == ending.outcome);
  CHECK(read->duration == ending.duration);
  check_equal(read->attached, ending.attached);
}

TEST_CASE("an outcome that cannot be is refused") {
  const auto is_accepted = [](const Outcome& outcome) {
    std::string bytes;
    put_ending(bytes, {outcome, {}, {}});
    return parse_ending(body_of(bytes)).has_value();
  };
  CHECK_FALSE(is_accepted(Exited{-1}));
  CHECK_FALSE(is_accepted(Exited{256}));
  CHECK_FALSE(is_accepted(Signaled{0}));
  CHECK_FALSE(is_accepted(Signaled{-9}));
  CHECK_FALSE(is_accepted(Signaled{65}));
  std::string bytes;
  put_ending(bytes, {Exited{0}, {}, {}});
  std::string body = body_of(bytes);
  body[0] = 5;
  CHECK_FALSE(parse_ending(body).has_value());
}

TEST_CASE("refused and its remedy come back as they were put") {
  for (const Remedy remedy :
       {Remedy::try_again, Remedy::run_direct, Remedy::step_aside, Remedy::give_up}) {
    std::string bytes;
    put_refused(bytes, {remedy, "for a reason"});
    CHECK(type_of(bytes) == MessageType::refused);
    std::string body = body_of(bytes);
    const auto read = parse_refused(body);
    REQUIRE(read.has_value());
    CHECK(read->remedy == remedy);
    CHECK(read->reason == "for a reason");
    body[0] = 4;
    CHECK_FALSE(parse_refused(body).has_value());
  }
}

TEST_CASE("signals come back as they were put and others are refused") {
  for (const int signal : {-1, 0, 1, 2, 15, 64, 65, 1 << 20}) {
    INFO(signal);
    std::string bytes, left;
    put_signal(bytes, signal);
    put_leave(left, signal);
    CHECK(type_of(bytes) == MessageType::signal);
    CHECK(type_of(left) == MessageType::leave);
    for (const std::string& frame : {bytes, left}) {
      const auto read = parse_signal(body_of(frame));
      const bool sound = signal >= 1 && signal <= 64;
      REQUIRE(read.has_value() == sound);
      if (sound) CHECK(*read == signal);
    }
  }
}

TEST_CASE("a query comes back as it was put and an unknown one is refused") {
  for (const QueryKind kind :
       {QueryKind::stats, QueryKind::list, QueryKind::stop, QueryKind::events, QueryKind::about}) {
    std::string bytes;
    put_query(bytes, {kind, "argument"});
    CHECK(type_of(bytes) == MessageType::query);
    std::string body = body_of(bytes);
    const auto read = parse_query(body);
    REQUIRE(read.has_value());
    CHECK(read->kind == kind);
    CHECK(read->argument == "argument");
    body[0] = 0;
    CHECK_FALSE(parse_query(body).has_value());
    body[0] = static_cast<char>(0xff);
    CHECK_FALSE(parse_query(body).has_value());
  }
}
