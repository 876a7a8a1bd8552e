#include "run/spool.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "support/bench.hpp"
#include "support/catch.hpp"
#include "support/spool_reader.hpp"

using namespace reduce;
using namespace reduce::test;

using Lengths = std::vector<std::uint32_t>;

TEST_CASE("pieces of both streams come in the order in which they were taken") {
  FedSpool spool;
  SpoolReader reader(*spool);
  spool.out("one");
  spool.err("TWO");
  spool.out("three");
  CHECK(reader.read().text() == "o:one e:TWO o:three ");
  CHECK(reader.of(Stream::out) == "onethree");
  CHECK(reader.of(Stream::err) == "TWO");
  CHECK(spool->size() == 11);
}

TEST_CASE("a first piece on stderr is told as such") {
  FedSpool spool;
  spool.err("ERROR");
  spool.out("text");
  SpoolReader reader(*spool);
  CHECK(reader.read().text() == "e:ERROR o:text ");
  CHECK(reader.notice().first == Stream::err);
  CHECK(reader.notice().lengths == Lengths{5, 4});
}

TEST_CASE("what one stream writes in a row is one piece") {
  FedSpool spool;
  for (const char* part : {"a", "bc", "def"}) spool.out(part);
  for (const char* part : {"G", "HI"}) spool.err(part);
  spool.out("j");
  SpoolReader reader(*spool);
  REQUIRE(reader.step());
  CHECK(reader.notice().lengths == Lengths{6, 3, 1});
  CHECK(reader.notice().new_segment);
  CHECK(reader.text() == "o:abcdef e:GHI o:j ");
  CHECK_FALSE(reader.step());
}

TEST_CASE("a notice tells what the last one did not and amid a piece too") {
  FedSpool spool;
  SpoolReader reader(*spool);
  CHECK_FALSE(reader.step());
  spool.out("ab");
  REQUIRE(reader.step());
  CHECK(reader.notice().new_segment);
  CHECK(reader.notice().lengths == Lengths{2});
  CHECK_FALSE(reader.step());

  spool.out("cde");  // the same piece goes on
  REQUIRE(reader.step());
  CHECK_FALSE(reader.notice().new_segment);
  CHECK(reader.notice().first == Stream::out);
  CHECK(reader.notice().lengths == Lengths{3});

  spool.out("f");
  spool.err("G");
  REQUIRE(reader.step());
  CHECK(reader.notice().first == Stream::out);
  CHECK(reader.notice().lengths == Lengths{1, 1});

  spool.err("H");
  REQUIRE(reader.step());
  CHECK(reader.notice().first == Stream::err);
  CHECK(reader.notice().lengths == Lengths{1});

  spool.out("i");
  REQUIRE(reader.step());
  CHECK(reader.notice().first == Stream::out);
  CHECK(reader.text() == "o:abcdef e:GH o:i ");
}

TEST_CASE("a late cursor begins at the first byte") {
  FedSpool spool(tiny_segments());
  spool.out("a text that goes on over several segments");
  spool.err("AND A COMPLAINT");
  SpoolReader late(*spool);
  CHECK(late.read().text() == "o:a text that goes on over several segments e:AND A COMPLAINT ");
  CHECK(late.is_at_end());
  spool.out("end");
  CHECK_FALSE(late.is_at_end());
  SpoolReader later(*spool);
  CHECK(later.read().text() == late.read().text());
}

TEST_CASE("a spool without output has no file and every cursor is at its end") {
  const int before = count_open_descriptors();
  FedSpool spool;
  SpoolReader reader(*spool);
  const auto intake = spool.take(Stream::out, 100);
  REQUIRE(intake.has_value());
  CHECK(intake->state == Intake::State::empty);
  CHECK(count_open_descriptors() == before + 4);  // the two pipes
  CHECK(reader.is_at_end());
  CHECK_FALSE(reader.step());
  CHECK(spool->size() == 0);
}

TEST_CASE("an offer is taken up to its bound or is empty or closed") {
  const bool has_file = GENERATE(false, true);
  FedSpool spool;
  if (has_file) spool.err("x");
  auto intake = spool.take(Stream::out, 4);
  REQUIRE(intake.has_value());
  CHECK(intake->state == Intake::State::empty);
  CHECK(intake->bytes == 0);

  spool.pipe(Stream::out).put("123456");
  intake = spool.take(Stream::out, 4);
  REQUIRE(intake.has_value());
  CHECK(intake->state == Intake::State::taken);
  CHECK(intake->bytes == 4);
  intake = spool.take(Stream::out, 4);
  REQUIRE(intake.has_value());
  CHECK(intake->bytes == 2);

  spool.pipe(Stream::out).put("7");
  spool.pipe(Stream::out).writer.reset();
  intake = spool.take(Stream::out, 4);
  REQUIRE(intake.has_value());
  CHECK(intake->state == Intake::State::taken);
  CHECK(intake->bytes == 1);
  intake = spool.take(Stream::out, 4);
  REQUIRE(intake.has_value());
  CHECK(intake->state == Intake::State::closed);
  CHECK(intake->bytes == 0);
  SpoolReader reader(*spool);
  CHECK(reader.read().of(Stream::out) == "1234567");
}

TEST_CASE("end of file is seen by a spool that has no file yet and by a full one") {
  FedSpool empty;
  empty.pipe(Stream::out).writer.reset();
  auto intake = empty.take(Stream::out, 4);
  REQUIRE(intake.has_value());
  CHECK(intake->state == Intake::State::closed);

  FedSpool full(tiny_segments());
  full.out("exactly 16 bytes");
  const int before = count_open_descriptors();
  full.pipe(Stream::out).writer.reset();
  intake = full.take(Stream::out, 4);
  REQUIRE(intake.has_value());
  CHECK(intake->state == Intake::State::closed);
  CHECK(count_open_descriptors() == before - 1);  // no segment was made for nothing
}

TEST_CASE("more pieces than one notice holds come in several") {
  FedSpool spool;
  std::string out, err;
  const std::size_t pairs = kMaxPieces + 100;
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::string text = std::to_string(i) + " ";
    const std::string complaint = std::to_string(i) + "! ";
    spool.out(text);
    spool.err(complaint);
    out += text;
    err += complaint;
  }
  SpoolReader reader(*spool);
  REQUIRE(reader.step());
  CHECK(reader.notice().lengths.size() == kMaxPieces);
  CHECK(reader.notice().new_segment);
  CHECK_FALSE(reader.is_at_end());
  REQUIRE(reader.step());
  CHECK(reader.notice().lengths.size() == kMaxPieces);
  CHECK_FALSE(reader.notice().new_segment);
  spool.err("go on");  // the last piece grows while the reader is behind
  REQUIRE(reader.step());
  CHECK(reader.notice().lengths.size() == 2 * pairs - 2 * kMaxPieces);
  CHECK_FALSE(reader.step());
  CHECK(reader.of(Stream::out) == out);
  CHECK(reader.of(Stream::err) == err + "go on");
}

TEST_CASE("a piece that ends a full notice may grow before the next") {
  FedSpool spool;
  for (std::size_t i = 0; i < kMaxPieces / 2; ++i) {
    spool.out("o");
    spool.err("E");
  }
  SpoolReader reader(*spool);
  REQUIRE(reader.step());
  CHECK(reader.is_at_end());
  spool.err("EE");
  REQUIRE(reader.step());
  CHECK(reader.notice().first == Stream::err);
  CHECK(reader.notice().lengths == Lengths{2});
}

TEST_CASE("any bytes come through as they are in every spool folder") {
  // Room for large ones is taken beforehand.
  const std::uint64_t size = GENERATE(4096, 8 << 20);
  SegmentStore::Settings settings = tiny_segments(100, size);
  settings.folder = GENERATE("/dev/shm", "/tmp", "/var/tmp");
  if (::access(settings.folder.c_str(), W_OK) != 0) return;
  FedSpool spool(settings);
  std::string bytes(200'000, '\0');
  std::minstd_rand random(7);
  for (char& byte : bytes) byte = static_cast<char>(random());
  SpoolReader early(*spool);
  spool.feed(Stream::out, bytes, 1000);
  early.read();
  spool.feed(Stream::err, bytes, 4097);
  SpoolReader late(*spool);
  for (SpoolReader* reader : {&early, &late}) {
    reader->read();
    CHECK((reader->of(Stream::out) == bytes));
    CHECK((reader->of(Stream::err) == bytes));
  }
}

TEST_CASE("the descriptor for readers cannot change the spool") {
  const bool in_memory = GENERATE(true, false);
  FedSpool spool(tiny_segments());
  spool.out("exactly 16 bytes");
  SpoolReader reader(*spool);
  if (!in_memory) spool.out("then a file");
  reader.read();
  const int fd = reader.cursor().segment().reader();
  CHECK((::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(::write(fd, "x", 1) == -1);
  CHECK(::pwrite(fd, "x", 1, 0) == -1);
  CHECK(::ftruncate(fd, 0) == -1);
  CHECK(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1) == -1);
  CHECK(::mmap(nullptr, 1, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  CHECK(read_at(fd, 0, 100) == (in_memory ? "exactly 16 bytes" : "then a file"));
  // Its own file offset, as a caller may move it.
  CHECK(::lseek(fd, 0, SEEK_END) == (in_memory ? 16 : 11));
}

TEST_CASE("where the spool folder cannot be used output is kept elsewhere") {
  SegmentStore::Settings settings = tiny_segments();
  settings.folder = GENERATE("/nonexistent/spools", "/dev/null/spools", "/proc");
  FedSpool spool(settings);
  spool.out("exactly 16 bytes");
  spool.out("and a file");
  SpoolReader reader(*spool);
  CHECK(reader.read().text() == "o:exactly 16 bytesand a file ");
}

TEST_CASE("a spool file that cannot be made is an error once it is needed and loses nothing") {
  SegmentStore::Settings settings = tiny_segments();
  settings.folder = impossible_folder();
  FedSpool spool(settings);
  spool.out("exactly 16 bytes");
  spool.pipe(Stream::out).put("more");
  const auto intake = spool.take(Stream::out, 100);
  REQUIRE_FALSE(intake.has_value());
  CHECK(intake.error().code == ENAMETOOLONG);
  CHECK(intake.error().text.find(settings.folder) != std::string::npos);
  CHECK(read_at(spool.pipe(Stream::out).reader.get(), 0, 4).empty());  // a pipe has no pread
  char kept[8];
  CHECK(::read(spool.pipe(Stream::out).reader.get(), kept, sizeof kept) == 4);
  SpoolReader reader(*spool);
  CHECK(reader.read().text() == "o:exactly 16 bytes ");
}
