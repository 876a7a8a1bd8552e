#include "hooks/statistics_file.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include "support/catch.hpp"
#include "support/scratch.hpp"

using namespace reduce;
using namespace reduce::test;
using namespace std::chrono_literals;

namespace {

Statistics::Record sample() {
  Statistics::Record record;
  record.totals = {30, 12, 18, 9, 1, 2, 3, 4, 5, 6s, 7ms};
  record.programs["cc"] = {20, 10, 10, 8, 0, 0, 0, 0, 0, 5s, 7ms};
  record.programs["a \"b\"\\\n"] = {10, 2, 8, 1, 1, 2, 3, 4, 5, 1s, 0ms};
  record.since = 1'700'000'000.25;
  return record;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::size_t count_files(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

/// A file that is not understood is out of the way, kept, and told of.
void check_set_aside(const ScratchFolder& folder, const std::string& text) {
  INFO(text.substr(0, 200));
  write(folder / "file", text);
  const auto kept = load_statistics(folder / "file");
  REQUIRE_FALSE(kept.has_value());
  CHECK(kept.error().text.find(folder / "file") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder / "file"));
  CHECK(read(folder / "file.damaged") == text);
  const auto next = load_statistics(folder / "file");
  REQUIRE(next.has_value());
  CHECK_FALSE(next->has_value());
}

/// A process that keeps the sample without end.
class Keeping {
 public:
  explicit Keeping(const std::string& path) : pid_(::fork()) {
    while (pid_ == 0) static_cast<void>(save_statistics(path, sample()));
  }
  Keeping(const Keeping&) = delete;
  ~Keeping() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  const pid_t pid_;
};

/// Waits until something is kept.
void await_file(const std::string& path) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (!std::filesystem::exists(path)) REQUIRE(std::chrono::steady_clock::now() < give_up);
}

std::string sample_text() {
  ScratchFolder folder;
  REQUIRE(save_statistics(folder / "file", sample()).has_value());
  return read(folder / "file");
}

}  // namespace

TEST_CASE("statistics come back as they were kept") {
  ScratchFolder folder;
  const std::string path = folder / "a/b/file";
  REQUIRE(save_statistics(path, {}).has_value());
  REQUIRE(save_statistics(path, sample()).has_value());
  const auto kept = load_statistics(path);
  REQUIRE(kept.has_value());
  REQUIRE(kept->has_value());
  CHECK((*kept)->totals == sample().totals);
  CHECK((*kept)->programs == sample().programs);
  CHECK((*kept)->since == sample().since);
  CHECK(count_files(folder / "a/b") == 1);
}

TEST_CASE("what was counted is added to what others kept") {
  ScratchFolder folder;
  const std::string path = folder / "a/file";
  const auto first = add_statistics(path, {}, sample());
  REQUIRE(first.has_value());
  CHECK(first->totals == sample().totals);
  Statistics::Record unkept;
  unkept.totals.total = unkept.program("new").total = 3;
  const auto sum = add_statistics(path, unkept, unkept);
  REQUIRE(sum.has_value());
  CHECK(sum->totals.total == sample().totals.total + 3);
  CHECK(sum->programs.size() == sample().programs.size() + 1);
  CHECK(sum->programs.at("new").total == 3);
  CHECK(sum->since == sample().since);
  const auto kept = load_statistics(path);
  REQUIRE(kept.has_value());
  REQUIRE(kept->has_value());
  CHECK((*kept)->totals == sum->totals);
  CHECK((*kept)->programs == sum->programs);
}

TEST_CASE("where what others kept is damaged, all that is known is kept") {
  ScratchFolder folder;
  write(folder / "file", "{}");
  const auto sum = add_statistics(folder / "file", {}, sample());
  REQUIRE(sum.has_value());
  CHECK(sum->totals == sample().totals);
  CHECK(read(folder / "file.damaged") == "{}");
  CHECK(read(folder / "file") == sample_text());
}

TEST_CASE("what several processes add at the same time is all there") {
  constexpr int kProcesses = 4, kTimes = 50;
  ScratchFolder folder;
  const std::string path = folder / "file";
  Statistics::Record one;
  one.totals.total = one.program("p").total = 1;
  std::vector<pid_t> processes;
  for (int number = 0; number < kProcesses; ++number) {
    processes.push_back(::fork());
    if (processes.back() != 0) continue;
    for (int time = 0; time < kTimes; ++time) {
      // Where the others are about it for long, it says so and adds nothing.
      while (!add_statistics(path, one, one)) continue;
    }
    ::_exit(0);
  }
  for (const pid_t process : processes) ::waitpid(process, nullptr, 0);
  const auto kept = load_statistics(path);
  REQUIRE(kept.has_value());
  REQUIRE(kept->has_value());
  CHECK((*kept)->totals.total == kProcesses * kTimes);
  CHECK((*kept)->programs.at("p").total == kProcesses * kTimes);
}

TEST_CASE("something else in the way of the file is an error, and nothing is waited for") {
  ScratchFolder folder;
  REQUIRE(::mkfifo((folder / "file.new").c_str(), 0600) == 0);
  CHECK_FALSE(save_statistics(folder / "file", sample()).has_value());
  CHECK_FALSE(std::filesystem::exists(folder / "file"));
}

TEST_CASE("the file and its folders are their user's alone") {
  ScratchFolder folder;
  REQUIRE(save_statistics(folder / "a/b/file", sample()).has_value());
  for (const char* name : {"a", "a/b", "a/b/file"}) {
    struct stat found {};
    REQUIRE(::stat((folder / name).c_str(), &found) == 0);
    CHECK((found.st_mode & 077) == 0);
  }
}

TEST_CASE("without a file there is nothing, and no error") {
  ScratchFolder folder;
  const auto kept = load_statistics(folder / "file");
  REQUIRE(kept.has_value());
  CHECK_FALSE(kept->has_value());
}

TEST_CASE("names that are no UTF-8 do not keep the rest from being kept") {
  ScratchFolder folder;
  auto record = sample();
  record.programs["\xff\xfe"] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0s, 0s};
  REQUIRE(save_statistics(folder / "file", record).has_value());
  const auto kept = load_statistics(folder / "file");
  REQUIRE(kept.has_value());
  REQUIRE(kept->has_value());
  CHECK((*kept)->totals == record.totals);
  CHECK((*kept)->programs.size() == record.programs.size());
}

TEST_CASE("a file that was cut anywhere is set aside") {
  ScratchFolder folder;
  const std::string text = sample_text();
  REQUIRE(text.ends_with("}\n"));
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    check_set_aside(folder, text.substr(0, size));
  }
}

TEST_CASE("a file that is something else is set aside") {
  ScratchFolder folder;
  const std::string programs = R"(,"programs":{},"since":1})";
  for (const std::string& text :
       {std::string("\0\0\0\0", 4),
        std::string("null"),
        std::string("[]"),
        std::string("7"),
        std::string("{}"),
        std::string(R"({"totals":{},"programs":{}})"),
        std::string(R"({"totals":[],"programs":{},"since":1})"),
        std::string(R"({"totals":{},"programs":[],"since":1})"),
        std::string(R"({"totals":{},"programs":{"a":1},"since":1})"),
        std::string(R"({"totals":{},"programs":{},"since":"now"})"),
        std::string(R"({"totals":{},"programs":{},"since":1e300})"),
        std::string(R"({"totals":{},"programs":{},"since":-1})"),
        R"({"totals":{"total":-1})" + programs,
        R"({"totals":{"total":1.5})" + programs,
        R"({"totals":{"total":"1"})" + programs,
        R"({"totals":{"total":123456789012345678901234567890})" + programs,
        R"({"totals":{"time_saved_seconds":-1})" + programs,
        R"({"totals":{"time_saved_seconds":1e300})" + programs,
        R"({"totals":{"time_saved_seconds":null})" + programs,
        std::string(1'000'000, '['),
        std::string(5 << 20, ' ')}) {
    check_set_aside(folder, text);
  }
}

TEST_CASE("random damage is understood or set aside, and never more than that") {
  std::mt19937 random(GENERATE(range(1U, 5U)));
  ScratchFolder folder;
  const std::string text = sample_text();
  for (int round = 0; round < 500; ++round) {
    std::string damaged = text;
    for (unsigned change = 0; change <= random() % 4; ++change) {
      const std::size_t at = random() % damaged.size();
      switch (random() % 3) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1:
          damaged.erase(at, random() % 20);
          break;
        default:
          damaged.insert(at, text.substr(random() % text.size(), random() % 20));
      }
      if (damaged.empty()) damaged.push_back(' ');
    }
    write(folder / "file", damaged);
    const auto kept = load_statistics(folder / "file");
    CHECK(std::filesystem::exists(folder / "file") == kept.has_value());
    std::filesystem::remove(folder / "file.damaged");
  }
}

TEST_CASE("what cannot be read or written is told, and leaves nothing beside it") {
  ScratchFolder folder;
  write(folder / "plain", "");
  CHECK_FALSE(load_statistics(folder / "plain/file").has_value());
  CHECK_FALSE(save_statistics(folder / "plain/file", sample()).has_value());
  // Nothing can be renamed over a folder with something in it.
  std::filesystem::create_directories(folder / "x/file/full");
  CHECK_FALSE(load_statistics(folder / "x/file").has_value());
  const auto kept = save_statistics(folder / "x/file", sample());
  REQUIRE_FALSE(kept.has_value());
  CHECK(kept.error().text.find(folder / "x/file") != std::string::npos);
  CHECK(count_files(folder / "x") == 1);
}

TEST_CASE("a link that lies beside the file is not followed") {
  ScratchFolder folder;
  write(folder / "precious", "content");
  std::filesystem::create_symlink(folder / "precious", folder / "file.new");
  static_cast<void>(save_statistics(folder / "file", sample()));
  CHECK(read(folder / "precious") == "content");
}

TEST_CASE("what one that was killed left beside the file is gone after the next") {
  ScratchFolder folder;
  for (int round = 0; round < 100; ++round) {
    {
      const Keeping killed(folder / "file");
      await_file(folder / "file");
    }
    REQUIRE(save_statistics(folder / "file", sample()).has_value());
    REQUIRE(count_files(folder.path()) == 1);
    std::filesystem::remove(folder / "file");
  }
}

TEST_CASE("two that keep at once keep whole files") {
  ScratchFolder folder;
  const Keeping one(folder / "file"), other(folder / "file");
  await_file(folder / "file");
  for (int round = 0; round < 2000; ++round) {
    const auto kept = load_statistics(folder / "file");
    REQUIRE(kept.has_value());
    REQUIRE(kept->has_value());
    REQUIRE((*kept)->totals == sample().totals);
  }
}
