// What a launcher needs of others, and does not wait for.

#include "process/asio_launcher.hpp"

#include <fcntl.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"
#include "support/test_command.hpp"

using namespace reduce;
using namespace reduce::test;

namespace {

class Silent : public ProcessObserver {
 public:
  Intake output(Stream, int, std::size_t) override { return {}; }
  void ended(const ProcessEnd&) override {}
};

}  // namespace

TEST_CASE("a command whose input somebody has a lease on is not started, and not waited for") {
  const ScratchFolder folder;
  UniqueFd input(::open((folder / "input").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(input);
  // fcntl(2): its holder is told of those who open the file.
  ::signal(SIGIO, SIG_IGN);
  REQUIRE(::fcntl(input.get(), F_SETLEASE, F_WRLCK) == 0);
  TestCommand asked({"true"});
  Place place;
  place.cwd.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  place.input = std::move(input);
  const Command command(asked.view(), std::move(place));
  boost::asio::io_context io;
  AsioLauncher launcher(io, "instance");
  Silent observer;
  const auto launched = launcher.launch(command, 1, observer);
  const auto* failure = std::get_if<LaunchFailure>(&launched);
  REQUIRE(failure != nullptr);
  CHECK_FALSE(failure->executed);
  CHECK(std::holds_alternative<Broken>(failure->outcome));
}
